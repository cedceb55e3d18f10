/// Codes of the days, weeks and months of times: the first day of each, as `Rollup.code(ofDay:)` writes days.
struct DayCodes {
  private let part: SummaryPart
  /// Months are worked out once for a day: the day with its code, in the place of its lowest bits.
  private var months: [(day: Int32, code: UInt32)]

  init(_ part: SummaryPart) {
    self.part = part
    months = part == .month ? Array(repeating: (Int32.min, 0), count: 1_024) : []
  }

  /// Writes the code of every time.
  mutating func fill(_ codes: inout [UInt32], from createdAt: [Int64]) {
    codes.removeAll(keepingCapacity: true)
    codes.reserveCapacity(createdAt.count)
    switch part {
    case .week:
      for time in createdAt {
        let day = Timestamp(microseconds: time).day
        // The first day of 1970 was a Thursday.
        let sinceMonday = (day &+ 3) % 7
        codes.append(Rollup.code(ofDay: day &- (sinceMonday < 0 ? sinceMonday &+ 7 : sinceMonday)))
      }
    case .month:
      for time in createdAt { codes.append(month(ofDay: Timestamp(microseconds: time).day)) }
    default:
      for time in createdAt { codes.append(Rollup.code(ofDay: Timestamp(microseconds: time).day)) }
    }
  }

  private mutating func month(ofDay day: Int32) -> UInt32 {
    let place = Int(truncatingIfNeeded: day) & 1_023
    if months[place].day != day {
      let date = Timestamp.Day.civil(Int(day))
      let first = Timestamp.Day.number(year: date.year, month: date.month, day: 1)
      months[place] = (day, Rollup.code(ofDay: Int32(truncatingIfNeeded: first)))
    }
    return months[place].code
  }
}
