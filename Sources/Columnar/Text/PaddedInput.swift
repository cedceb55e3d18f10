/// Bytes of text to be parsed, with room to read past their end.
///
/// One of the few owners of unsafe code. Parsers read eight bytes at a time without asking each time how
/// many are left: 64 more bytes can be read behind the end, and the first of them is a line feed, at which every scan
/// for a quote, a delimiter or a control character stops. Every access is still checked against that room. A value is
/// only made inside the call that borrows the memory, and must not leave it.
///
/// Public, though the room is not, because `@inlinable` functions of package types are not inlined across modules
/// (Swift 6.3).
@safe
public struct PaddedInput {
  @usableFromInline let base: UnsafeRawPointer
  /// The number of bytes of text.
  public let count: Int
  /// The last offset from which a word can be read.
  @usableFromInline let lastWord: UInt

  /// How many bytes must be readable behind the text.
  public static let padding = 64

  /// Takes memory of `count` bytes and the padding, which begins with a line feed.
  @inlinable @unsafe
  public init(base: UnsafeRawPointer, count: Int) {
    unsafe self.base = base
    self.count = count
    lastWord = UInt(count + Self.padding - 8)
  }

  /// Calls `body` with a padded copy of `text`: for single values, not for bulk work.
  package static func withCopy<R>(of text: some Sequence<UInt8>, _ body: (PaddedInput) -> R) -> R {
    var bytes = Array(text)
    let count = bytes.count
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(0, count: padding - 1))
    return unsafe bytes.withUnsafeBytes { source in
      guard let base = source.baseAddress else { preconditionFailure("the padding is never empty") }
      return unsafe body(PaddedInput(base: base, count: count))
    }
  }

  @inlinable
  public subscript(offset: Int) -> UInt8 {
    precondition(UInt(bitPattern: offset) <= lastWord, "read past the padding")
    return unsafe base.load(fromByteOffset: offset, as: UInt8.self)
  }

  /// Eight bytes, the first in the lowest place.
  @inlinable
  public func word(_ offset: Int) -> UInt64 {
    precondition(UInt(bitPattern: offset) <= lastWord, "read past the padding")
    return unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// The bytes as a pointer, for functions that take one; it must not outlive this value.
  @inlinable @unsafe
  public func buffer(_ offset: Int, _ length: Int) -> UnsafeRawBufferPointer {
    precondition(offset >= 0 && length >= 0 && offset &+ length <= count &+ 48, "range past the padding")
    return unsafe UnsafeRawBufferPointer(start: base + offset, count: length)
  }

  package func array(_ offset: Int, _ length: Int) -> [UInt8] { unsafe [UInt8](buffer(offset, length)) }

  /// Where the next line feed stands, or nil where none is left.
  package func lineFeed(from offset: Int) -> Int? {
    guard offset < count else { return nil }
    return unsafe memoryFind(buffer(offset, count - offset), UInt8(ascii: "\n")).map { offset + $0 }
  }

  /// Whether two ranges hold the same bytes.
  @inlinable
  public func equal(_ a: Int, _ b: Int, _ length: Int) -> Bool {
    var index = 0
    while index &+ 8 <= length {
      if word(a &+ index) != word(b &+ index) { return false }
      index &+= 8
    }
    guard index < length else { return true }
    let difference = word(a &+ index) ^ word(b &+ index)
    return difference << UInt64(64 &- 8 &* (length &- index)) == 0
  }
}
