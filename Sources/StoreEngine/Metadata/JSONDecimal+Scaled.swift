import Columnar

extension JSONDecimal {
  /// The number in millionths, rounded down and rounded up: the same where it has no more than six fractional digits. What
  /// does not fit in 64 bits is the nearest number that does.
  func millionths(_ text: Bytes) -> (floor: Int64, ceiling: Int64) {
    // So many of the digits stand before the point of the number in millionths.
    let whole = exponent + 6
    var magnitude: UInt64 = 0
    var isExact = true
    var isLarge = whole > 19
    var taken = 0
    if !isLarge {
      for position in significant where text[position] != UInt8(ascii: ".") {
        guard taken < whole else {
          // The last digit is not 0, so there is a fraction.
          isExact = false
          break
        }
        isLarge = !Self.append(text[position] & 0xF, to: &magnitude) || isLarge
        taken += 1
      }
      while taken < whole, !significant.isEmpty {
        isLarge = !Self.append(0, to: &magnitude) || isLarge
        taken += 1
      }
    }
    if isLarge { magnitude = .max }
    let limit = Int128(Int64.max)
    let near = Int128(magnitude)
    let far = near + (isExact ? 0 : 1)
    let floor = isNegative ? max(-far, -limit - 1) : min(near, limit)
    let ceiling = isNegative ? max(-near, -limit - 1) : min(far, limit)
    return (Int64(floor), Int64(ceiling))
  }

  /// Whether there was room for a further digit.
  private static func append(_ digit: UInt8, to magnitude: inout UInt64) -> Bool {
    let (product, isOver) = magnitude.multipliedReportingOverflow(by: 10)
    let (sum, isFull) = product.addingReportingOverflow(UInt64(digit))
    magnitude = sum
    return !isOver && !isFull
  }

  /// The one spelling that all numbers of a value share: without an exponent where that takes no more than a few zeros.
  func spelling(_ text: Bytes) -> [UInt8] {
    var digits: [UInt8] = []
    for position in significant where text[position] != UInt8(ascii: ".") { digits.append(text[position]) }
    guard !digits.isEmpty else { return [UInt8(ascii: "0")] }
    let zero = UInt8(ascii: "0")
    var result: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
    switch exponent {
    case -5...0:
      result += [zero, UInt8(ascii: ".")] + [UInt8](repeating: zero, count: -exponent) + digits
    case 1...21 where exponent >= digits.count:
      result += digits + [UInt8](repeating: zero, count: exponent - digits.count)
    case 1...21:
      result += digits[..<exponent] + [UInt8(ascii: ".")] + digits[exponent...]
    default:
      result.append(digits[0])
      if digits.count > 1 { result += [UInt8(ascii: ".")] + digits[1...] }
      result += Array("e\(exponent - 1)".utf8)
    }
    return result
  }
}
