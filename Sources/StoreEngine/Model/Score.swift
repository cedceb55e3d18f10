/// An exact sum of deltas: a fixed-point decimal with six fractional digits over 128 bits.
///
/// 2^64 events of the largest delta fit, so no sum of stored events can overflow.
public struct Score: Hashable, Comparable, Sendable {
  /// The value in millionths.
  public let millionths: Int128

  public init(millionths: Int128) { self.millionths = millionths }

  public static let zero = Score(millionths: 0)

  public static func < (a: Score, b: Score) -> Bool { a.millionths < b.millionths }
  public static func + (a: Score, b: Score) -> Score { Score(millionths: a.millionths + b.millionths) }
  public static func += (a: inout Score, b: Score) { a = a + b }
}

extension Score: CustomStringConvertible {
  /// The shortest exact decimal: `1.5`, `-0.000001`, `3`.
  public var description: String { DecimalText.format(millionths) }
}
