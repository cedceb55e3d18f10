// The one use of Foundation in this file: its time zones.
import Foundation
public import StoreEngine

/// A time zone in which days are counted: one of the IANA data base such as `Europe/Berlin`, or a fixed offset such as
/// `+02:00`.
///
/// Days begin and end at the zone's midnight, so that one of them has 23 or 25 hours when summer time begins or ends.
public struct LocalZone: Hashable, Sendable, CustomStringConvertible {
  /// As it was given.
  public let identifier: String
  private let zone: TimeZone

  public static let utc = LocalZone(zone: TimeZone(secondsFromGMT: 0), "UTC")

  private init(zone: TimeZone?, _ identifier: String) {
    guard let zone else { preconditionFailure("there is UTC") }
    self.zone = zone
    self.identifier = identifier
  }

  /// Nil for a name that no zone bears.
  public init?(_ identifier: String) {
    self.identifier = identifier
    if identifier == "UTC" || identifier == "Z" {
      zone = Self.utc.zone
      return
    }
    let text = Array(identifier.utf8)
    if let sign = text.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
      guard let offset = unsafe text.withUnsafeBytes({ unsafe Timestamp.zone($0, from: 0, naive: 0) }),
        let fixed = TimeZone(secondsFromGMT: Int(offset / 1_000_000))
      else { return nil }
      zone = fixed
      return
    }
    // Foundation also takes abbreviations, which mean different zones to different people.
    guard identifier.utf8.contains(UInt8(ascii: "/")), let named = TimeZone(identifier: identifier) else { return nil }
    zone = named
  }

  public var description: String { identifier }

  /// Whether its days are those of UTC at all times.
  public var isUTC: Bool { zone == Self.utc.zone }

  /// Seconds east of UTC at a second since 1970.
  func offset(at second: Int64) -> Int64 {
    Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second))))
  }

  public static func == (a: LocalZone, b: LocalZone) -> Bool { a.identifier == b.identifier }

  public func hash(into hasher: inout Hasher) { hasher.combine(identifier) }
}

/// Finds the days of many times in a zone.
struct LocalDays {
  private let zone: LocalZone
  /// By UTC day: the offset in seconds, where it is the same at both ends of the day.
  private var offsets: [Int64: Int64?] = [:]

  init(_ zone: LocalZone) { self.zone = zone }

  /// The day, counted from 1970-01-01, of a time in microseconds since 1970.
  mutating func day(of microseconds: Int64) -> Int32 {
    let second = Self.floor(microseconds, 1_000_000)
    let utcDay = Self.floor(second, 86_400)
    let known: Int64?
    if let found = offsets[utcDay] {
      known = found
    } else {
      let first = zone.offset(at: utcDay * 86_400)
      known = first == zone.offset(at: utcDay * 86_400 + 86_399) ? first : nil
      offsets[utcDay] = .some(known)
    }
    return Int32(truncatingIfNeeded: Self.floor(second + (known ?? zone.offset(at: second)), 86_400))
  }

  private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
    value / divisor - (value % divisor < 0 ? 1 : 0)
  }
}

extension LocalZone {
  /// The zone's day, counted from 1970-01-01, in which a time lies.
  public func day(of time: Timestamp) -> Int32 {
    var days = LocalDays(self)
    return days.day(of: time.microseconds)
  }
}
