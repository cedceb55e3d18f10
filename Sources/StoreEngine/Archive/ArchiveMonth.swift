/// A month of the calendar in UTC, spelled `2026-11`.
package struct ArchiveMonth: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let year: Int
  /// From 1 to 12.
  package let month: Int

  /// The month of a time in microseconds since 1970.
  package init(of time: Int64) {
    let date = Timestamp.Day.civil(Int(Timestamp(microseconds: time).day))
    (year, month) = (date.year, date.month)
  }

  /// As it is spelled, years from 0001 to 9999; nil for anything else.
  package init?(_ text: String) {
    guard text.utf8.count == 7, let day = Timestamp.Day.number(text + "-01") else { return nil }
    self.init(of: Int64(day) * 86_400_000_000)
  }

  package var description: String { Timestamp.Day.padded(year, 4) + "-" + Timestamp.Day.padded(month, 2) }

  /// From its first microsecond to its last.
  package var times: ClosedRange<Int64> {
    let first = Timestamp.Day.number(year: year, month: month, day: 1)
    let count = Timestamp.Day.count(year: year, month: month)
    return Int64(first) * 86_400_000_000...Int64(first + count) * 86_400_000_000 - 1
  }

  package static func < (a: ArchiveMonth, b: ArchiveMonth) -> Bool { (a.year, a.month) < (b.year, b.month) }
}
