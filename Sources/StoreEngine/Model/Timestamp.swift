/// An instant in microseconds since 1970-01-01T00:00:00Z, without leap seconds.
public struct Timestamp: Hashable, Comparable, Sendable {
  public let microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

  /// 0001-01-01T00:00:00Z, the earliest time an event may carry.
  public static let earliest = Timestamp(microseconds: -62_135_596_800_000_000)
  /// 9999-12-31T23:59:59.999999Z, the latest.
  public static let latest = Timestamp(microseconds: 253_402_300_799_999_999)

  /// The UTC day, counted from 1970-01-01.
  public var day: Int32 {
    let day = microseconds / Self.microsecondsPerDay
    return Int32(truncatingIfNeeded: microseconds % Self.microsecondsPerDay < 0 ? day - 1 : day)
  }

  package static let microsecondsPerDay: Int64 = 86_400_000_000
}
