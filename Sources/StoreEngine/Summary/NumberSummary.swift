/// What the numbers at a path of the metadata of some events sum to, exactly.
public struct NumberSummary: Hashable, Sendable {
  /// How many of the events have a number there.
  public let count: UInt64
  public let sum: Score
  /// Nil where there is none.
  public let smallest: Delta?
  /// Nil where there is none.
  public let largest: Delta?

  /// The sum divided by the count, rounded to six fractional digits, halves to the even digit; nil where there is no number.
  public var average: Score? {
    guard count > 0 else { return nil }
    let divisor = Int128(count)
    let (quotient, rest) = sum.millionths.quotientAndRemainder(dividingBy: divisor)
    let twice = 2 * rest.magnitude
    let isUp = twice > divisor.magnitude || (twice == divisor.magnitude && quotient % 2 != 0)
    return Score(millionths: quotient + (isUp ? sum.millionths.signum() : 0))
  }

  /// Takes sums of millionths, with the smallest and the largest in the place of times.
  init(_ sums: Aggregate) {
    count = sums.count
    sum = sums.total
    smallest = sums.count > 0 ? Delta(millionths: sums.first) : nil
    largest = sums.count > 0 ? Delta(millionths: sums.last) : nil
  }
}
