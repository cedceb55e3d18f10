import Synchronization

/// Which blocks of a file were checked since it was opened: one bit each, set by whoever touches a block first.
///
/// Owns its words by pointer, since atomics cannot stand in arrays; indices are checked. What was written before a bit was
/// set is there for whoever finds it set.
@safe
struct TouchedBlocks: @unchecked Sendable {
  // Unchecked because of the pointer alone: the words are atomic, and freed when nobody holds their owner any more.
  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let count: Int
  /// Nil where somebody else keeps the words.
  private let owner: Owner?

  @safe
  private final class Owner {
    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let count: Int

    init(_ words: UnsafeMutablePointer<Atomic<UInt64>>, _ count: Int) {
      unsafe self.words = unsafe words
      self.count = count
    }

    deinit {
      unsafe words.deinitialize(count: count)
      unsafe words.deallocate()
    }
  }

  init(count: Int) {
    self.count = count
    let wordCount = (count + 63) / 64
    unsafe words = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: max(wordCount, 1))
    for index in 0..<wordCount { unsafe (words + index).initialize(to: Atomic(0)) }
    owner = unsafe Owner(words, wordCount)
  }

  private init(borrowing other: TouchedBlocks) {
    unsafe words = other.words
    count = other.count
    owner = nil
  }

  /// The same without what keeps it, which the caller does: a look at it then begins at its words.
  @unsafe
  var borrowed: TouchedBlocks { TouchedBlocks(borrowing: self) }

  @inline(__always)
  func contains(_ index: Int) -> Bool {
    precondition(index >= 0 && index < count, "block number out of bounds")
    return unsafe words[index >> 6].load(ordering: .acquiring) & (1 << UInt64(index & 63)) != 0
  }

  /// Whether the bit was not set before.
  @discardableResult
  func insert(_ index: Int) -> Bool {
    precondition(index >= 0 && index < count, "block number out of bounds")
    let bit: UInt64 = 1 << UInt64(index & 63)
    return unsafe words[index >> 6].bitwiseOr(bit, ordering: .acquiringAndReleasing).oldValue & bit == 0
  }
}
