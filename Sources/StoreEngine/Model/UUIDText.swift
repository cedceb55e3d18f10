/// The text form of a UUID: `8-4-4-4-12` hexadecimal digits.
package enum UUIDText {
  package struct Parsed: Sendable {
    package let high: UInt64
    package let low: UInt64
    /// All letters are lower case (true also where there are none).
    package let isLowercase: Bool
    /// All letters are upper case (true also where there are none).
    package let isUppercase: Bool
  }

  package static func parse(_ text: [UInt8]) -> Parsed? {
    unsafe text.withUnsafeBytes { unsafe parse($0) }
  }

  /// Eight digits at a time, because two or three UUIDs stand in every event.
  @unsafe
  package static func parse(_ text: UnsafeRawBufferPointer) -> Parsed? {
    guard text.count == 36, let base = text.baseAddress, unsafe text[8] == hyphen, unsafe text[13] == hyphen,
      unsafe text[18] == hyphen, unsafe text[23] == hyphen
    else { return nil }
    var check = Check()
    let a = unsafe check.value(base.loadUnaligned(as: UInt64.self))
    let b = unsafe check.value(joined(base, 9, 14))
    let c = unsafe check.value(joined(base, 19, 24))
    let d = unsafe check.value(base.loadUnaligned(fromByteOffset: 28, as: UInt64.self))
    guard check.wrong == 0 else { return nil }
    return Parsed(
      high: a << 32 | b, low: c << 32 | d, isLowercase: check.upper == 0, isUppercase: check.lower == 0)
  }

  /// Two groups of four characters as one word.
  @inline(__always)
  private static func joined(_ base: UnsafeRawPointer, _ first: Int, _ second: Int) -> UInt64 {
    let low = unsafe UInt32(littleEndian: base.loadUnaligned(fromByteOffset: first, as: UInt32.self))
    let high = unsafe UInt32(littleEndian: base.loadUnaligned(fromByteOffset: second, as: UInt32.self))
    return UInt64(littleEndian: UInt64(high) << 32 | UInt64(low))
  }

  /// What was seen in the words of one UUID.
  private struct Check {
    /// Not zero where a byte was no hexadecimal digit.
    var wrong: UInt64 = 0
    var lower: UInt64 = 0
    var upper: UInt64 = 0

    /// The number that eight hexadecimal digits write, as they lie in memory.
    @inline(__always)
    mutating func value(_ memory: UInt64) -> UInt64 {
      let ones: UInt64 = 0x0101_0101_0101_0101
      // From here on the first digit is in the highest byte.
      let bytes = UInt64(bigEndian: memory)
      let letter = bytes >> 6 & ones
      let nibbles = bytes & 0x0F0F_0F0F_0F0F_0F0F &+ 9 &* letter
      // Written out again in lower case, the digits must be what was read.
      let aboveNine = (nibbles &+ 0x76 &* ones) >> 7 & ones
      let again = nibbles &+ 0x30 &* ones &+ 0x27 &* aboveNine
      wrong |= (again ^ (bytes | letter << 5)) | nibbles & 0xF0F0_F0F0_F0F0_F0F0
      upper |= letter & ~(bytes >> 5)
      lower |= letter & bytes >> 5
      var packed = (nibbles | nibbles >> 4) & 0x00FF_00FF_00FF_00FF
      packed = (packed | packed >> 8) & 0x0000_FFFF_0000_FFFF
      return (packed | packed >> 16) & 0xFFFF_FFFF
    }
  }

  package static func format(high: UInt64, low: UInt64, uppercase: Bool) -> String {
    unsafe String(unsafeUninitializedCapacity: 36) { target in
      unsafe write(high: high, low: low, uppercase: uppercase, to: target)
      return 36
    }
  }

  package static func bytes(high: UInt64, low: UInt64, uppercase: Bool) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: 36) { target, count in
      unsafe write(high: high, low: low, uppercase: uppercase, to: target)
      count = 36
    }
  }

  private static func write(high: UInt64, low: UInt64, uppercase: Bool, to target: UnsafeMutableBufferPointer<UInt8>) {
    guard let base = target.baseAddress, target.count >= 36 else { return }
    let text = UnsafeMutableRawPointer(base)
    let a = digits(UInt32(truncatingIfNeeded: high >> 32), uppercase)
    let b = digits(UInt32(truncatingIfNeeded: high), uppercase)
    let c = digits(UInt32(truncatingIfNeeded: low >> 32), uppercase)
    let d = digits(UInt32(truncatingIfNeeded: low), uppercase)
    unsafe text.storeBytes(of: a, as: UInt64.self)
    unsafe text.storeBytes(of: UInt32(truncatingIfNeeded: b), toByteOffset: 9, as: UInt32.self)
    unsafe text.storeBytes(of: UInt32(truncatingIfNeeded: b >> 32), toByteOffset: 14, as: UInt32.self)
    unsafe text.storeBytes(of: UInt32(truncatingIfNeeded: c), toByteOffset: 19, as: UInt32.self)
    unsafe text.storeBytes(of: UInt32(truncatingIfNeeded: c >> 32), toByteOffset: 24, as: UInt32.self)
    unsafe text.storeBytes(of: d, toByteOffset: 28, as: UInt64.self)
    for place in [8, 13, 18, 23] { unsafe target[place] = hyphen }
  }

  /// The eight digits of a number, the first in the lowest byte, as little-endian memory wants them.
  @inline(__always)
  private static func digits(_ value: UInt32, _ uppercase: Bool) -> UInt64 {
    var spread = UInt64(value)
    spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
    spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
    spread = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F
    let aboveNine = (spread &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    let text = spread &+ 0x3030_3030_3030_3030 &+ aboveNine &* (uppercase ? 7 : 39)
    return text.byteSwapped.littleEndian
  }

  private static let hyphen = UInt8(ascii: "-")
}
