/// Logarithm and power from additions, multiplications and divisions alone.
///
/// IEEE 754 rounds those in one way only, and the compiler neither reorders nor fuses them, so results agree to the last
/// bit on every platform, which those of a C library do not. Precise to about 1e-15, used only where tables are built.
enum GeneratorMath {
  private static let ln2 = 0.693_147_180_559_945_309_4

  /// The natural logarithm of a positive, normal number.
  static func log(_ x: Double) -> Double {
    var exponent = Double(x.exponent)
    var mantissa = x.significand
    if mantissa > 1.414_213_562_373_095 {
      mantissa /= 2
      exponent += 1
    }
    // ln m = 2 artanh t
    let t = (mantissa - 1) / (mantissa + 1)
    let square = t * t
    var sum = 0.0
    var divisor = 25.0
    while divisor >= 1 {
      sum = sum * square + 1 / divisor
      divisor -= 2
    }
    return 2 * t * sum + exponent * ln2
  }

  /// e to the power of a number between -700 and 700.
  static func exp(_ x: Double) -> Double {
    let whole = (x / ln2).rounded(.toNearestOrEven)
    let rest = x - whole * ln2
    var sum = 1.0
    var divisor = 18.0
    while divisor >= 1 {
      sum = 1 + sum * rest / divisor
      divisor -= 1
    }
    return Double(sign: .plus, exponent: Int(whole), significand: sum)
  }

  /// A positive number to a power; 0 to any power is 0.
  static func pow(_ x: Double, _ power: Double) -> Double { x <= 0 ? 0 : exp(power * log(x)) }
}
