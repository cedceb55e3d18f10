/// What a day is counted to.
public enum CalendarUnit: String, CaseIterable, Sendable {
  case day
  /// From Monday to Sunday.
  case week
  case month
  case year

  /// The first day of what a day lies in, counted from 1970-01-01.
  func first(of day: Int32) -> Int32 {
    switch self {
    case .day: return day
    case .week:
      // The first day of 1970 was a Thursday.
      let sinceMonday = (day &+ 3) % 7
      return day &- (sinceMonday < 0 ? sinceMonday &+ 7 : sinceMonday)
    case .month, .year:
      let date = Timestamp.Day.civil(Int(day))
      let first = Timestamp.Day.number(year: date.year, month: self == .month ? date.month : 1, day: 1)
      return Int32(truncatingIfNeeded: first)
    }
  }
}
