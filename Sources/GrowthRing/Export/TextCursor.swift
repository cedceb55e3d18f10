import StoreEngine

/// Writes the parts of a line one after the other into memory that was made large enough beforehand.
///
/// An owner of unsafe code: whoever makes one promises room for all that is put, which `EventTextWriter` computes from
/// the lengths of the texts and the longest form of everything else.
@safe
struct TextCursor {
  private let base: UnsafeMutableRawPointer
  private let texts: UnsafeRawBufferPointer
  private(set) var written = 0

  @unsafe
  init(_ base: UnsafeMutableRawPointer, _ texts: UnsafeRawBufferPointer) {
    unsafe self.base = base
    unsafe self.texts = texts
  }

  @inline(__always)
  mutating func put(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    unsafe (base + written).copyMemory(from: text.utf8Start, byteCount: length)
    written += length
  }

  @inline(__always)
  mutating func put(_ place: EventTextFragments.Place) {
    guard place.length > 0, let source = unsafe texts.baseAddress else { return }
    unsafe precondition(Int(place.start) + place.length <= texts.count, "a text out of bounds")
    unsafe (base + written).copyMemory(from: source + Int(place.start), byteCount: place.length)
    written += place.length
  }

  @inline(__always)
  private mutating func put(byte: UInt8) {
    unsafe base.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
    written += 1
  }

  @inline(__always)
  private func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
    unsafe base.storeBytes(of: value.bigEndian, toByteOffset: written + offset, as: T.self)
  }

  /// `8-4-4-4-12` lower-case hexadecimal digits.
  @inline(__always)
  mutating func putUUID(_ high: UInt64, _ low: UInt64) {
    let first = Self.hexadecimal(UInt32(high >> 32))
    let second = Self.hexadecimal(UInt32(truncatingIfNeeded: high))
    let third = Self.hexadecimal(UInt32(low >> 32))
    let fourth = Self.hexadecimal(UInt32(truncatingIfNeeded: low))
    let hyphen = UInt8(ascii: "-")
    store(first, at: 0)
    store(hyphen, at: 8)
    store(UInt32(second >> 32), at: 9)
    store(hyphen, at: 13)
    store(UInt32(truncatingIfNeeded: second), at: 14)
    store(hyphen, at: 18)
    store(UInt32(third >> 32), at: 19)
    store(hyphen, at: 23)
    store(UInt32(truncatingIfNeeded: third), at: 24)
    store(fourth, at: 28)
    written += 36
  }

  /// Eight digits, the first in the highest byte.
  @inline(__always)
  private static func hexadecimal(_ value: UInt32) -> UInt64 {
    // Spread the nibbles over eight bytes, then make letters of those above nine.
    var spread = UInt64(value)
    spread = (spread & 0xFFFF_0000) << 16 | spread & 0xFFFF
    spread = (spread & 0x0000_FF00_0000_FF00) << 8 | spread & 0x0000_00FF_0000_00FF
    spread = (spread & 0x00F0_00F0_00F0_00F0) << 4 | spread & 0x000F_000F_000F_000F
    let letters = (spread &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return spread &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
  }

  /// The shortest exact decimal of millionths, as `Delta` describes itself.
  @inline(__always)
  mutating func putDecimal(_ millionths: Int64) {
    if millionths < 0 { put(byte: UInt8(ascii: "-")) }
    let magnitude = millionths.magnitude
    putInteger(magnitude / 1_000_000)
    putFraction(UInt32(magnitude % 1_000_000))
  }

  private mutating func putInteger(_ value: UInt64) {
    var length = 1
    var limit: UInt64 = 10
    // At most 13 digits, being millionths of 64 bits.
    while value >= limit {
      length += 1
      limit *= 10
    }
    var rest = value
    for index in stride(from: length - 1, through: 0, by: -1) {
      store(UInt8(truncatingIfNeeded: rest % 10) + 0x30, at: index)
      rest /= 10
    }
    written += length
  }

  /// A point and the digits of millionths without trailing zeros; nothing for 0.
  @inline(__always)
  private mutating func putFraction(_ millionths: UInt32) {
    if millionths == 0 { return }
    put(byte: UInt8(ascii: "."))
    var rest = millionths
    var divisor: UInt32 = 100_000
    while rest != 0 {
      put(byte: UInt8(truncatingIfNeeded: rest / divisor) + 0x30)
      rest %= divisor
      divisor /= 10
    }
  }

  /// ISO 8601 in UTC, as `Timestamp` describes itself.
  @inline(__always)
  mutating func putTimestamp(_ microseconds: Int64) {
    precondition(
      microseconds >= Timestamp.earliest.microseconds && microseconds <= Timestamp.latest.microseconds,
      "a time outside of the years 1 to 9999")
    let day = Int(Timestamp(microseconds: microseconds).day)
    let rest = microseconds - Int64(day) * 86_400_000_000
    let date = Timestamp.Day.civil(day)
    let seconds = UInt32(rest / 1_000_000)
    store(Self.twoDigits(UInt32(date.year / 100)), at: 0)
    store(Self.twoDigits(UInt32(date.year % 100)), at: 2)
    store(UInt8(ascii: "-"), at: 4)
    store(Self.twoDigits(UInt32(date.month)), at: 5)
    store(UInt8(ascii: "-"), at: 7)
    store(Self.twoDigits(UInt32(date.day)), at: 8)
    store(UInt8(ascii: "T"), at: 10)
    store(Self.twoDigits(seconds / 3600), at: 11)
    store(UInt8(ascii: ":"), at: 13)
    store(Self.twoDigits(seconds / 60 % 60), at: 14)
    store(UInt8(ascii: ":"), at: 16)
    store(Self.twoDigits(seconds % 60), at: 17)
    written += 19
    putFraction(UInt32(rest % 1_000_000))
    put(byte: UInt8(ascii: "Z"))
  }

  @inline(__always)
  private static func twoDigits(_ value: UInt32) -> UInt16 {
    UInt16(truncatingIfNeeded: (value / 10) << 8 + value % 10) + 0x3030
  }
}
