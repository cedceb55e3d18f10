import Columnar

/// The codes of the last texts of a field that has few different ones, which are found before any hashing.
///
/// Texts of up to 32 bytes are kept as words, so that they outlive the window they were read from. The codes are those of
/// one batch.
struct NameMemos: Sendable {
  private struct Memo {
    /// The bytes, and zeros behind them.
    var words = SIMD4<UInt64>()
    /// No text is that long.
    var count = Int.max
    var code: UInt32 = 0
  }

  private var memos = [Memo](repeating: Memo(), count: 32)

  /// Forgets the codes, as they were another batch's.
  mutating func removeAll() {
    for place in memos.indices { memos[place].count = .max }
  }

  /// The code of a text.
  @inline(__always)
  mutating func code(
    _ view: PaddedInput, _ offset: Int, _ count: Int, _ dictionary: inout ByteStringDictionary
  ) -> UInt32 {
    guard count <= 32 else { return unsafe dictionary.intern(view.buffer(offset, count)) }
    var words = SIMD4<UInt64>()
    words[0] = view.word(offset) & Self.mask(count)
    words[1] = view.word(offset &+ 8) & Self.mask(count &- 8)
    if count > 16 {
      words[2] = view.word(offset &+ 16) & Self.mask(count &- 16)
      words[3] = view.word(offset &+ 24) & Self.mask(count &- 24)
    }
    // The first and the last bytes tell names apart.
    let mixed = (words[0] ^ words[1] << 1 ^ words[2] << 2) &* 0x9E37_79B9_7F4A_7C15
    let place = Int(truncatingIfNeeded: mixed >> 59)
    let memo = memos[place]
    if memo.count == count, memo.words == words { return memo.code }
    let code = unsafe dictionary.intern(view.buffer(offset, count))
    memos[place] = Memo(words: words, count: count, code: code)
    return code
  }

  /// Keeps the first `count` bytes of a word.
  @inline(__always)
  private static func mask(_ count: Int) -> UInt64 {
    count >= 8 ? .max : count <= 0 ? 0 : ~(UInt64.max &<< UInt64(8 &* count))
  }
}
