public import StoreEngine

/// How often the long steps of maintenance are due, and when they may run. Flushing and merging what is due by size is
/// always due.
public struct MaintenanceSchedule: Sendable, Hashable {
  public enum Day: String, Sendable, Hashable, CaseIterable {
    case sunday, monday, tuesday, wednesday, thursday, friday, saturday
  }

  /// Minutes of the day in UTC at which a window begins and ends; over midnight where the end is before the beginning.
  public struct Window: Sendable, Hashable {
    public let from: Int
    public let to: Int

    /// - Parameter text: `02:00-05:30`.
    public init?(_ text: String) {
      let parts = text.split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 2, let from = Self.minute(parts[0]), let to = Self.minute(parts[1]), from != to else {
        return nil
      }
      self.from = from
      self.to = to
    }

    private static func minute(_ text: Substring) -> Int? {
      let digits = Array(text.utf8)
      guard digits.count == 5, digits[2] == UInt8(ascii: ":"), let hour = Int(text.prefix(2)),
        let minute = Int(text.suffix(2)), (0...23).contains(hour), (0...59).contains(minute),
        digits[0] != UInt8(ascii: "+"), digits[3] != UInt8(ascii: "+")
      else { return nil }
      return hour * 60 + minute
    }

    func contains(minute: Int) -> Bool {
      from < to ? minute >= from && minute < to : minute >= from || minute < to
    }
  }

  /// How often segments are looked over for what has come of age.
  public var ageEvery: Age
  /// How often every checksum is verified.
  public var scrubEvery: Age
  /// Within the day; nil at any time. A service keeps to it; `growthring maintain` runs when it is called.
  public var window: Window?
  /// Days on which a window may begin; nil for any.
  public var days: [Day]?
  /// A service begins up to so much later than it could, by chance, so that many do not begin at once.
  public var jitter: Age

  public init(
    ageEvery: Age = Age(days: 1), scrubEvery: Age = Age(days: 30), window: Window? = nil, days: [Day]? = nil,
    jitter: Age = Age(microseconds: 0)
  ) {
    self.ageEvery = ageEvery
    self.scrubEvery = scrubEvery
    self.window = window
    self.days = days
    self.jitter = jitter
  }

  /// Whether the long steps may run at a time.
  package func isOpen(at now: Timestamp) -> Bool {
    let minute = Int((now.microseconds - Int64(now.day) * 86_400_000_000) / 60_000_000)
    var day = Int(now.day)
    if let window {
      guard window.contains(minute: minute) else { return false }
      // After midnight it is still the window that began the day before.
      if window.from > window.to, minute < window.to { day -= 1 }
    }
    guard let days else { return true }
    // 1970-01-01 was a Thursday.
    return days.contains(Day.allCases[((day + 4) % 7 + 7) % 7])
  }
}

extension MaintenanceSchedule.Window: CustomStringConvertible {
  public var description: String {
    func text(_ minute: Int) -> String {
      func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
      return two(minute / 60) + ":" + two(minute % 60)
    }
    return text(from) + "-" + text(to)
  }
}
