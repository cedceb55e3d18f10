import ArgumentParser
import GrowthRing

/// A time on the command line: ISO 8601, a date, or an age such as `90d` before now.
enum TimeArgument: Equatable, ExpressibleByArgument {
  case absolute(Timestamp)
  /// Microseconds before now.
  case age(Int64)

  init?(argument: String) {
    if let time = Timestamp(argument) {
      self = .absolute(time)
    } else if let age = Self.age(argument) {
      self = .age(age)
    } else {
      return nil
    }
  }

  /// Whether it is a date, or the midnight of one in UTC.
  var isMidnight: Bool {
    if case .absolute(let time) = self { time.microseconds % 86_400_000_000 == 0 } else { false }
  }

  static let form = "2026-11-01, 2026-11-01T12:30:00Z, or an age: 30m, 12h, 90d, 2w, 1y"

  /// The time, where `now` is in microseconds since 1970.
  func time(now: Int64 = Console.now) -> Timestamp {
    switch self {
    case .absolute(let time): time
    case .age(let age): Timestamp(microseconds: max(Timestamp.earliest.microseconds, now - age))
    }
  }

  private static func age(_ text: String) -> Int64? {
    let seconds: Int64
    switch text.last {
    case "m": seconds = 60
    case "h": seconds = 3600
    case "d": seconds = 86_400
    case "w": seconds = 7 * 86_400
    case "y": seconds = 365 * 86_400
    default: return nil
    }
    let digits = text.dropLast()
    guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let count = Int64(digits) else {
      return nil
    }
    let (age, overflow) = count.multipliedReportingOverflow(by: seconds * 1_000_000)
    return overflow ? nil : age
  }
}
