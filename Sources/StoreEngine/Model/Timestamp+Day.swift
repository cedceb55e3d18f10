extension Timestamp {
  /// Days as numbers counted from 1970-01-01 and as dates of the proleptic Gregorian calendar.
  ///
  /// The two conversions follow `days_from_civil` and `civil_from_days` in Howard Hinnant's "chrono-Compatible Low-Level
  /// Date Algorithms", https://howardhinnant.github.io/date_algorithms.html. Years begin in March there, so that the
  /// leap day is a year's last.
  public enum Day {
    /// The day of a date that exists. Complexity: O(1).
    @inline(__always)
    package static func number(year: Int, month: Int, day: Int) -> Int {
      let year = month <= 2 ? year - 1 : year
      let era = (year >= 0 ? year : year - 399) / 400
      let yearOfEra = year - era * 400
      let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
      let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
      return era * 146_097 + dayOfEra - 719_468
    }

    /// The date of a day. Complexity: O(1).
    package static func civil(_ number: Int) -> (year: Int, month: Int, day: Int) {
      let shifted = number + 719_468
      let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
      let dayOfEra = shifted - era * 146_097
      let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
      let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
      let shiftedMonth = (5 * dayOfYear + 2) / 153
      let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
      return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// The number of days of a month from 1 to 12.
    @inline(__always)
    package static func count(year: Int, month: Int) -> Int {
      if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
      return 30 + (month + month >> 3) & 1
    }

    /// The day as `YYYY-MM-DD`.
    public static func text(_ number: Int32) -> String {
      let date = civil(Int(number))
      return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
    }

    /// The number of a day given as `YYYY-MM-DD`, from year 1 to 9999; nil where there is no such day.
    public static func number(_ text: String) -> Int32? {
      guard text.utf8.count == 10, let time = Timestamp(text) else { return nil }
      return time.day
    }

    static func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value.magnitude)
      return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
  }
}
