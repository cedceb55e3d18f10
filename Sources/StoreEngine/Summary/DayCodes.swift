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
    if codes.count > createdAt.count { codes.removeLast(codes.count - createdAt.count) }
    if codes.count < createdAt.count {
      codes.append(contentsOf: repeatElement(0, count: createdAt.count - codes.count))
    }
    unsafe codes.withUnsafeMutableBufferPointer { codes in
      unsafe createdAt.withUnsafeBufferPointer { createdAt in
        for row in 0..<createdAt.count {
          unsafe codes[row] = Rollup.code(ofDay: Timestamp(microseconds: createdAt[row]).day)
        }
      }
    }
    // Days stand in the place of what they belong to.
    switch part {
    case .week:
      for index in codes.indices {
        codes[index] = Rollup.code(ofDay: CalendarUnit.week.first(of: Rollup.day(ofCode: codes[index])))
      }
    case .month: for index in codes.indices { codes[index] = month(ofDay: Rollup.day(ofCode: codes[index])) }
    default: break
    }
  }

  private mutating func month(ofDay day: Int32) -> UInt32 {
    let place = Int(truncatingIfNeeded: day) & 1_023
    if months[place].day != day {
      months[place] = (day, Rollup.code(ofDay: CalendarUnit.month.first(of: day)))
    }
    return months[place].code
  }
}
