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

  @unsafe
  package static func parse(_ text: UnsafeRawBufferPointer) -> Parsed? {
    guard text.count == 36, unsafe text[8] == hyphen, unsafe text[13] == hyphen, unsafe text[18] == hyphen,
      unsafe text[23] == hyphen
    else { return nil }
    var high: UInt64 = 0
    var low: UInt64 = 0
    var seen: UInt8 = 0
    for index in 0..<18 where index != 8 && index != 13 {
      let digit = unsafe digits[Int(text[index])]
      seen |= digit
      high = high << 4 | UInt64(digit & 0xF)
    }
    for index in 19..<36 where index != 23 {
      let digit = unsafe digits[Int(text[index])]
      seen |= digit
      low = low << 4 | UInt64(digit & 0xF)
    }
    guard seen & 0x80 == 0 else { return nil }
    return Parsed(high: high, low: low, isLowercase: seen & 0x20 == 0, isUppercase: seen & 0x10 == 0)
  }

  package static func format(high: UInt64, low: UInt64, uppercase: Bool) -> String {
    String(decoding: bytes(high: high, low: low, uppercase: uppercase), as: UTF8.self)
  }

  package static func bytes(high: UInt64, low: UInt64, uppercase: Bool) -> [UInt8] {
    let alphabet: StaticString = uppercase ? "0123456789ABCDEF" : "0123456789abcdef"
    return unsafe [UInt8](unsafeUninitializedCapacity: 36) { target, count in
      var position = 0
      for index in 0..<32 {
        if index == 8 || index == 12 || index == 16 || index == 20 {
          unsafe target[position] = hyphen
          position += 1
        }
        let word = index < 16 ? high : low
        let digit = Int(truncatingIfNeeded: word >> UInt64(60 - 4 * (index & 15))) & 0xF
        unsafe target[position] = alphabet.utf8Start[digit]
        position += 1
      }
      count = 36
    }
  }

  private static let hyphen = UInt8(ascii: "-")

  /// Digit value of a byte; bit 4 marks a lower-case letter, bit 5 an upper-case one, bit 7 no digit.
  private static let digits: [UInt8] = (0..<256).map { byte in
    switch UInt8(byte) {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(byte) - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): (UInt8(byte) - UInt8(ascii: "a") + 10) | 0x10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): (UInt8(byte) - UInt8(ascii: "A") + 10) | 0x20
    default: 0x80
    }
  }
}
