/// Division by one number many times, of numbers that are mostly its multiples: a multiplication in place of a division, which
/// takes ten times as long.
///
/// Source: Warren, "Hacker's Delight", second edition, 10-16 and 10-17: the inverse of an odd number modulo 2^64 takes its
/// multiples to their quotients, and all others beyond the largest quotient.
@usableFromInline
package struct ExactDivision {
  @usableFromInline let divisor: UInt64
  /// Of the odd part of the divisor, modulo 2^64.
  @usableFromInline let inverse: UInt64
  /// How often the divisor is even.
  @usableFromInline let shift: UInt64
  @usableFromInline let largestQuotient: UInt64

  package init(by divisor: UInt64) {
    precondition(divisor > 0, "division by zero")
    self.divisor = divisor
    shift = UInt64(divisor.trailingZeroBitCount)
    let odd = divisor >> shift
    // Right in the lowest five bits, and every step doubles their number.
    var inverse = 3 &* odd ^ 2
    for _ in 0..<4 { inverse = inverse &* (2 &- odd &* inverse) }
    self.inverse = inverse
    largestQuotient = .max / divisor
  }

  @inlinable @inline(__always)
  package func divides(_ number: UInt64) -> Bool {
    let product = number &* inverse
    return (product &>> shift | product &<< (64 &- shift)) <= largestQuotient
  }

  /// The quotient of a multiple of the divisor.
  @inlinable @inline(__always)
  package func quotient(_ multiple: UInt64) -> UInt64 { (multiple &>> shift) &* inverse }
}
