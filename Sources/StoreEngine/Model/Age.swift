/// How long ago: a whole number of microseconds, spelled as in `90d`.
public struct Age: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let microseconds: Int64

  /// No age is longer: ten thousand years, more than any `created_at` can reach.
  public static let longest = Age(microseconds: 10_000 * 365 * 86_400_000_000)

  /// At least 0 and at most ``longest``, so that no sum of a time and an age overflows.
  public init(microseconds: Int64) {
    self.microseconds = min(max(0, microseconds), 10_000 * 365 * 86_400_000_000)
  }

  public init(days: Int) { self.init(microseconds: Int64(min(max(0, days), 4_000_000)) * 86_400_000_000) }

  /// A whole number and a unit: `m` minutes, `h` hours, `d` days, `w` weeks, `y` years of 365 days.
  public init?(_ text: String) {
    guard let last = text.last, let unit = Self.units.first(where: { $0.name == last }) else { return nil }
    let digits = text.dropLast()
    guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let count = Int64(digits) else {
      return nil
    }
    let (product, overflow) = count.multipliedReportingOverflow(by: unit.microseconds)
    if overflow || product > Self.longest.microseconds { return nil }
    microseconds = product
  }

  /// The largest unit first; weeks are read and never written.
  private static let units: [(name: Character, microseconds: Int64)] = [
    ("y", 365 * 86_400_000_000), ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000),
    ("w", 7 * 86_400_000_000),
  ]

  public var description: String {
    for unit in Self.units where microseconds != 0 && microseconds % unit.microseconds == 0 {
      return "\(microseconds / unit.microseconds)\(unit.name)"
    }
    return "\(microseconds / 60_000_000)m"
  }

  public static func < (a: Age, b: Age) -> Bool { a.microseconds < b.microseconds }

  /// The last `created_at` that has reached this age.
  package func cutoff(at now: Int64) -> Int64 { now - microseconds }
}
