/// A declared aggregate: the same measures, each under another key.
///
/// A key has four parts: a group, an item within it, and two small parts `a` and `b`. What they mean for each rollup
/// stands in Formats/run.md. The raw value is the number of the rollup in files.
public enum Rollup: UInt8, Sendable, CaseIterable {
  /// user · entity · entity type · dimension
  case entityGrowth = 1
  /// user · nothing · dimension · nothing
  case userGrowth = 2
  /// user · nothing · dimension · UTC day
  case dailyGrowth = 3
  /// scope or one of its ancestors · nothing · dimension · UTC day
  case scopeGrowth = 4

  /// Whether keys have an item; where not, a group is one item with an empty key.
  package var hasItems: Bool { self == .entityGrowth }

  /// Whether `b` is a text; where not, it is a number.
  package var hasTextB: Bool { self == .entityGrowth }

  /// Whether `b` is a day.
  package var hasDays: Bool { self == .dailyGrowth || self == .scopeGrowth }

  /// The name of the rollup for people.
  public var name: String {
    switch self {
    case .entityGrowth: "entity_growth"
    case .userGrowth: "user_growth"
    case .dailyGrowth: "daily_growth"
    case .scopeGrowth: "scope_growth"
    }
  }

  /// A UTC day since 1970 as it stands in keys: moved so that unsigned order is the order of days.
  @inline(__always)
  package static func code(ofDay day: Int32) -> UInt32 { UInt32(bitPattern: day) ^ 0x8000_0000 }

  @inline(__always)
  package static func day(ofCode code: UInt32) -> Int32 { Int32(bitPattern: code ^ 0x8000_0000) }
}
