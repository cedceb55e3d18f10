package import Columnar

/// A group or item key where it lies: a range of bytes, and its first eight as a number, which decides nearly every
/// comparison.
package struct KeySpan: Sendable {
  package var bytes: Bytes
  package var start: Int
  package var length: Int
  /// The first eight bytes big-endian, zeros behind a shorter key.
  private(set) var prefix: UInt64

  package init(_ bytes: Bytes, _ start: Int, _ length: Int) {
    self.bytes = bytes
    self.start = start
    self.length = length
    prefix = Self.prefix(bytes, start, length)
  }

  package init(_ bytes: Bytes) { self.init(bytes, 0, bytes.count) }

  package init(_ array: [UInt8]) { self.init(Bytes(array)) }

  /// Moves to another key in the same bytes.
  @inline(__always)
  mutating func move(_ start: Int, _ length: Int) {
    self.start = start
    self.length = length
    prefix = Self.prefix(bytes, start, length)
  }

  package var slice: Bytes { bytes.slice(start, length) }

  package var array: [UInt8] { bytes.array(start, length) }

  package func hasPrefix(_ other: KeySpan) -> Bool {
    length >= other.length
      && compareKeys(bytes, start, other.length, other.bytes, other.start, other.length) == 0
  }

  /// Bytewise order, the shorter first where one begins the other.
  @inline(__always)
  package static func compare(_ a: KeySpan, _ b: KeySpan) -> Int {
    if a.prefix != b.prefix { return a.prefix < b.prefix ? -1 : 1 }
    return compareKeys(a.bytes, a.start, a.length, b.bytes, b.start, b.length)
  }

  /// The first eight bytes of a range, as a number of the same order.
  @inline(__always)
  static func prefix(_ bytes: Bytes, _ start: Int, _ length: Int) -> UInt64 {
    if length >= 8 { return bytes.load(start, as: UInt64.self).byteSwapped }
    var value: UInt64 = 0
    for index in 0..<length { value |= UInt64(bytes[start + index]) << UInt64(56 - 8 * index) }
    return value
  }
}

extension KeyText {
  @inline(__always)
  init(_ span: KeySpan) {
    self.init()
    length = UInt32(span.length)
    words.0 = span.prefix
    if span.length > 8 { words.1 = KeySpan.prefix(span.bytes, span.start + 8, span.length - 8) }
    if span.length > 16 { words.2 = KeySpan.prefix(span.bytes, span.start + 16, span.length - 16) }
  }
}

/// Bytewise order of two ranges of bytes, the shorter first where one begins the other; negative, zero or positive.
///
/// Eight bytes at a time in the caller: a call of `memcmp` costs more than comparing a whole id.
@inline(__always)
func compareKeys(
  _ a: Bytes, _ aStart: Int, _ aLength: Int, _ b: Bytes, _ bStart: Int, _ bLength: Int
) -> Int {
  let common = min(aLength, bLength)
  var index = 0
  while index + 8 <= common {
    let left = a.load(aStart + index, as: UInt64.self)
    let right = b.load(bStart + index, as: UInt64.self)
    if left != right { return left.byteSwapped < right.byteSwapped ? -1 : 1 }
    index += 8
  }
  while index < common {
    let left = a[aStart + index]
    let right = b[bStart + index]
    if left != right { return left < right ? -1 : 1 }
    index += 1
  }
  return aLength - bLength
}
