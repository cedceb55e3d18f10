/// Decimals with up to six fractional digits, as text and as millionths.
package enum DecimalText {
  /// Why a text is no delta.
  package enum Failure: Error, Sendable { case malformed, tooManyDigits, outOfRange }

  /// Reads `[+-]digits[.digits][e[+-]digits]`, in any length: what counts is the value. Zeros after its sixth fractional digit
  /// are fine, other digits are not.
  package static func parse(_ text: [UInt8]) -> Result<Int64, Failure> {
    unsafe text.withUnsafeBytes { unsafe parse($0) }
  }

  @unsafe
  package static func parse(_ text: UnsafeRawBufferPointer) -> Result<Int64, Failure> {
    if let value = unsafe parsePlain(text) { return .success(value) }
    return unsafe parseAny(text)
  }

  /// The form that nearly every delta has: `-digits` or `-digits.digits` with at most eleven and six of them. Nil where the
  /// text has another form, right or wrong.
  @inline(__always)
  private static func parsePlain(_ text: UnsafeRawBufferPointer) -> Int64? {
    let count = text.count
    let negative = unsafe count > 0 && text[0] == UInt8(ascii: "-")
    let start = negative ? 1 : 0
    guard count > start, count &- start <= 18 else { return nil }
    var value: Int64 = 0
    var index = start
    while index < count {
      let digit = unsafe text[index] &- 0x30
      guard digit <= 9 else { break }
      value = value &* 10 &+ Int64(digit)
      index &+= 1
    }
    let whole = index &- start
    guard whole > 0, whole <= 11 else { return nil }
    var missing = 6
    if index < count {
      guard unsafe text[index] == UInt8(ascii: "."), index &+ 1 < count, count &- index <= 7 else { return nil }
      missing = 7 &- (count &- index)
      index &+= 1
      while index < count {
        let digit = unsafe text[index] &- 0x30
        guard digit <= 9 else { return nil }
        value = value &* 10 &+ Int64(digit)
        index &+= 1
      }
    }
    while missing > 0 {
      value &*= 10
      missing &-= 1
    }
    return negative ? -value : value
  }

  /// The most digits that a delta has in millionths.
  private static let mostDigits = 19

  /// Exponents are written with any number of digits; beyond this they are all the same.
  private static let largestExponent = 1_000_000_000_000_000

  /// Any other form. Only the digits from the first to the last that is not 0 count, so a number is read in every spelling of
  /// its value, however many zeros stand around it and whatever its exponent.
  @unsafe
  private static func parseAny(_ text: UnsafeRawBufferPointer) -> Result<Int64, Failure> {
    var index = 0
    let count = text.count
    var negative = false
    if index < count, unsafe text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
      negative = unsafe text[index] == UInt8(ascii: "-")
      index += 1
    }
    // The value is 0.d1d2d3… · 10^magnitude, where the first and the last digit are not 0.
    var mantissa: UInt64 = 0
    var magnitude = 0
    // The digits up to the last one that is not 0, and the zeros behind that.
    var taken = 0
    var zeros = 0
    var digits = 0
    var seenPoint = false
    while index < count {
      let byte = unsafe text[index]
      let digit = byte &- 0x30
      if digit <= 9 {
        digits += 1
        if digit != 0 {
          taken += zeros + 1
          if taken <= mostDigits {
            for _ in 0...zeros { mantissa *= 10 }
            mantissa += UInt64(digit)
          }
          zeros = 0
        } else if taken > 0 {
          zeros += 1
        }
        if !seenPoint, taken > 0 { magnitude += 1 }
        if seenPoint, taken == 0 { magnitude -= 1 }
      } else if byte == UInt8(ascii: ".") && !seenPoint && digits > 0 {
        seenPoint = true
        if index + 1 >= count { return .failure(.malformed) }
      } else {
        break
      }
      index += 1
    }
    guard digits > 0 else { return .failure(.malformed) }
    if unsafe seenPoint && text[index - 1] == UInt8(ascii: ".") { return .failure(.malformed) }
    if index < count, unsafe text[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      var exponentNegative = false
      if index < count, unsafe text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
        exponentNegative = unsafe text[index] == UInt8(ascii: "-")
        index += 1
      }
      var exponent = 0
      let start = index
      while index < count, unsafe text[index] >= UInt8(ascii: "0"), unsafe text[index] <= UInt8(ascii: "9") {
        exponent = min(unsafe exponent * 10 + Int(text[index] - UInt8(ascii: "0")), largestExponent)
        index += 1
      }
      guard index > start else { return .failure(.malformed) }
      magnitude += exponentNegative ? -exponent : exponent
    }
    guard index == count else { return .failure(.malformed) }
    if taken == 0 { return .success(0) }
    // So many digits stand before the point of the number in millionths.
    let whole = magnitude + 6
    if whole > mostDigits { return .failure(.outOfRange) }
    if taken > whole { return .failure(.tooManyDigits) }
    for _ in taken..<whole { mantissa *= 10 }
    // Symmetric range, so that every delta can be negated.
    guard mantissa <= UInt64(Int64.max) else { return .failure(.outOfRange) }
    return .success(negative ? -Int64(mantissa) : Int64(mantissa))
  }

  package static func format(_ millionths: Int128) -> String {
    let magnitude = millionths.magnitude
    let whole = magnitude / 1_000_000
    let fraction = UInt32(magnitude % 1_000_000)
    var text = millionths < 0 ? "-\(whole)" : "\(whole)"
    guard fraction != 0 else { return text }
    var digits = String(fraction)
    while digits.utf8.count < 6 { digits = "0" + digits }
    while digits.hasSuffix("0") { digits.removeLast() }
    text += "." + digits
    return text
  }
}
