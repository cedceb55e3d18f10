import ArgumentParser
import GrowthRing

/// A time on the command line: ISO 8601, a date, the beginning of a month `2026-11` or of a week `2026-W45`, or an age such as
/// `90d` before now.
enum TimeArgument: Equatable, ExpressibleByArgument {
  case absolute(Timestamp)
  /// Microseconds before now.
  case age(Int64)

  init?(argument: String) {
    if let time = Timestamp(argument) ?? Self.beginning(argument) {
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

  static let form = "2026-11-01, 2026-11, 2026-W45, 2026-11-01T12:30:00Z, or an age: 30m, 12h, 90d, 2w, 1y"

  /// The time, where `now` is in microseconds since 1970.
  func time(now: Int64 = Console.now) -> Timestamp {
    switch self {
    case .absolute(let time): time
    case .age(let age): Timestamp(microseconds: max(Timestamp.earliest.microseconds, now - age))
    }
  }

  /// The beginning of a month, or of a week from Monday or a day of it (`2026-W45-7`), as ISO 8601 counts them.
  private static func beginning(_ text: String) -> Timestamp? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0].utf8.count == 4, let week = parts[1].utf8.first else { return nil }
    guard week == UInt8(ascii: "W") else { return parts.count == 2 ? Timestamp(text + "-01") : nil }
    guard let fourth = Timestamp("\(parts[0])-01-04"), parts[1].utf8.count == 3, parts.count <= 3,
      parts.dropFirst().allSatisfy({ $0.drop { $0 == "W" }.utf8.allSatisfy { $0 &- 0x30 <= 9 } }),
      let number = Int32(parts[1].dropFirst()), let day = parts.count == 3 ? Int32(parts[2]) : 1,
      (1...53).contains(number), (1...7).contains(day), parts.count == 2 || parts[2].utf8.count == 1
    else { return nil }
    // The fourth of January is in the first week; the first day of 1970 was a Thursday, and a week is of the year of its own.
    let monday = fourth.day - ((fourth.day + 3) % 7 + 7) % 7 + (number - 1) * 7
    guard Timestamp.Day.text(monday + 3).hasPrefix(parts[0]) else { return nil }
    let time = Timestamp(microseconds: Int64(monday + day - 1) * 86_400_000_000)
    return time >= .earliest && time <= .latest ? time : nil
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
