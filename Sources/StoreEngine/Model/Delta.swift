/// A signed fixed-point decimal with exactly six fractional digits: what one event adds.
///
/// Range: ±9,223,372,036,854.775807. Arithmetic that leaves it is an error, never a rounding.
public struct Delta: Hashable, Comparable, Sendable {
  /// The value in millionths.
  public let millionths: Int64

  public init(millionths: Int64) { self.millionths = millionths }

  /// Reads a decimal such as `-12.5` or `1e3`; nil where it is malformed, has more than six fractional digits, or is out
  /// of range.
  public init?(_ text: String) {
    guard case .success(let value) = DecimalText.parse(Array(text.utf8)) else { return nil }
    self.init(millionths: value)
  }

  public static let zero = Delta(millionths: 0)

  public static func < (a: Delta, b: Delta) -> Bool { a.millionths < b.millionths }
}

extension Delta: CustomStringConvertible {
  /// The shortest exact decimal: `1.5`, `-0.000001`, `3`.
  public var description: String { DecimalText.format(Int128(millionths)) }
}
