/// Decimals with up to six fractional digits, as text and as millionths.
package enum DecimalText {
  /// Why a text is no delta.
  package enum Failure: Error, Sendable { case malformed, tooManyDigits, outOfRange }

  /// Reads `[+-]digits[.digits][e[+-]digits]`. Zeros after the sixth fractional digit are fine, other digits are not.
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

  @unsafe
  private static func parseAny(_ text: UnsafeRawBufferPointer) -> Result<Int64, Failure> {
    var index = 0
    let count = text.count
    var negative = false
    if index < count, unsafe text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
      negative = unsafe text[index] == UInt8(ascii: "-")
      index += 1
    }
    // Digits are gathered as an integer with a power of ten beside it; both stay small enough for 128 bits.
    var mantissa: UInt64 = 0
    var exponent = 0
    var digits = 0
    var seenPoint = false
    while index < count {
      let byte = unsafe text[index]
      if byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
        digits += 1
        let digit = UInt64(byte - UInt8(ascii: "0"))
        if mantissa > (UInt64.max - 9) / 10 {
          // Beyond nineteen digits only zeros after the point may still be dropped.
          if !seenPoint { return .failure(.outOfRange) }
          if digit != 0 { return .failure(.tooManyDigits) }
        } else {
          mantissa = mantissa * 10 + digit
          if seenPoint { exponent -= 1 }
        }
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
    if index < count, unsafe text[index] == UInt8(ascii: "e") || text[index] == UInt8(ascii: "E") {
      index += 1
      var exponentNegative = false
      if index < count, unsafe text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
        exponentNegative = unsafe text[index] == UInt8(ascii: "-")
        index += 1
      }
      var value = 0
      var exponentDigits = 0
      while index < count, unsafe text[index] >= UInt8(ascii: "0"), unsafe text[index] <= UInt8(ascii: "9") {
        value = min(unsafe value * 10 + Int(text[index] - UInt8(ascii: "0")), 100_000)
        exponentDigits += 1
        index += 1
      }
      guard exponentDigits > 0 else { return .failure(.malformed) }
      exponent += exponentNegative ? -value : value
    }
    guard index == count else { return .failure(.malformed) }
    if mantissa == 0 { return .success(0) }
    var power = exponent + 6
    while power < 0 {
      guard mantissa % 10 == 0 else { return .failure(.tooManyDigits) }
      mantissa /= 10
      power += 1
    }
    while power > 0 {
      let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
      if overflow { return .failure(.outOfRange) }
      mantissa = product
      power -= 1
    }
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
