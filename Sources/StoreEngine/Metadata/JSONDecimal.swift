import Columnar

/// A number of JSON as it stands in a text, taken apart so that it is compared by its value, exactly, whatever its spelling.
///
/// The value is 0.d1d2d3… · 10^exponent, where the first and the last digit are not 0; zero has no digits.
struct JSONDecimal {
  private(set) var isNegative: Bool
  private(set) var exponent: Int
  /// From the first digit to behind the last one; a point may stand among them.
  let significant: Range<Int>

  /// Exponents are written with any number of digits; beyond this they are all the same.
  private static let largestExponent = 1_000_000_000_000_000

  /// A range of a text, which must be a number as a whole (RFC 8259, section 6); nil where it is none.
  init?(_ text: Bytes, _ range: Range<Int>) {
    var position = range.lowerBound
    let end = range.upperBound
    isNegative = position < end && text[position] == UInt8(ascii: "-")
    if isNegative { position += 1 }
    guard position < end, Self.isDigit(text[position]) else { return nil }
    if text[position] == UInt8(ascii: "0"), position + 1 < end, Self.isDigit(text[position + 1]) { return nil }
    var first: Int?
    var last = position
    // Of the digits before the point, those from the first that is not 0 on; less than 0 by the zeros behind the point.
    var magnitude = 0
    while position < end, Self.isDigit(text[position]) {
      if text[position] != UInt8(ascii: "0") {
        first = first ?? position
        last = position
      }
      if first != nil { magnitude += 1 }
      position += 1
    }
    if position < end, text[position] == UInt8(ascii: ".") {
      position += 1
      let start = position
      while position < end, Self.isDigit(text[position]) {
        if text[position] != UInt8(ascii: "0") {
          first = first ?? position
          last = position
        } else if first == nil {
          magnitude -= 1
        }
        position += 1
      }
      guard position > start else { return nil }
    }
    if position < end, text[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      let isSmall = position < end && text[position] == UInt8(ascii: "-")
      if position < end, isSmall || text[position] == UInt8(ascii: "+") { position += 1 }
      let start = position
      var written = 0
      while position < end, Self.isDigit(text[position]) {
        written = min(Self.largestExponent, written * 10 + Int(text[position] & 0xF))
        position += 1
      }
      guard position > start else { return nil }
      magnitude += isSmall ? -written : written
    }
    guard position == end else { return nil }
    if let first {
      significant = first..<last + 1
      exponent = magnitude
    } else {
      significant = 0..<0
      exponent = 0
      isNegative = false
    }
  }

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 <= 9 }

  /// The order of two numbers, each with its text.
  static func compare(_ a: JSONDecimal, _ textA: Bytes, _ b: JSONDecimal, _ textB: Bytes) -> Int {
    let (signA, signB) = (a.sign, b.sign)
    guard signA == signB else { return signA - signB }
    guard signA != 0 else { return 0 }
    guard a.exponent == b.exponent else { return a.exponent < b.exponent ? -signA : signA }
    var (left, right) = (a.significant.lowerBound, b.significant.lowerBound)
    while true {
      if left < a.significant.upperBound, textA[left] == UInt8(ascii: ".") { left += 1 }
      if right < b.significant.upperBound, textB[right] == UInt8(ascii: ".") { right += 1 }
      guard left < a.significant.upperBound, right < b.significant.upperBound else { break }
      if textA[left] != textB[right] { return textA[left] < textB[right] ? -signA : signA }
      left += 1
      right += 1
    }
    // The last digit is not 0, so whoever has more of them is larger.
    return signA * ((left < a.significant.upperBound ? 1 : 0) - (right < b.significant.upperBound ? 1 : 0))
  }

  private var sign: Int { significant.isEmpty ? 0 : isNegative ? -1 : 1 }

  /// The same bytes for all spellings of a value. See Formats/encodings.md, "Filter of metadata".
  func append(_ text: Bytes, to form: inout [UInt8]) {
    form.append(UInt8(ascii: "#"))
    form.append(isNegative ? 1 : 0)
    for shift in 0..<8 { form.append(UInt8(truncatingIfNeeded: exponent >> (8 * shift))) }
    for position in significant where text[position] != UInt8(ascii: ".") { form.append(text[position]) }
  }
}
