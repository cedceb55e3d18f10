/// Rows of a batch with the days of their version 7 ids, to ask many segments about.
package struct DatedRows: Sendable {
  private let rows: ArraySlice<UInt32>
  /// Of each row; `otherID` where the id is not of version 7.
  private let days: [Int64]
  /// Of those that have one.
  private let range: ClosedRange<Int64>?
  private let hasOtherIDs: Bool

  private static let otherID = Int64.min
  /// More days are looked up one by one.
  private static let mostBits: Int64 = 1 << 16

  package init(_ rows: ArraySlice<UInt32>, high: [UInt64], low: [UInt64]) {
    self.rows = rows
    var smallest = Int64.max
    var largest = Int64.min
    var hasOtherIDs = false
    days = rows.map { row in
      let id = EventID(high: high[Int(row)], low: low[Int(row)])
      guard id.isVersion7 else {
        hasOtherIDs = true
        return Self.otherID
      }
      let day = Int64(id.milliseconds / EventDays.millisecondsPerDay)
      smallest = min(smallest, day)
      largest = max(largest, day)
      return day
    }
    range = smallest <= largest ? smallest...largest : nil
    self.hasOtherIDs = hasOtherIDs
  }

  /// The rows whose ids may be in a segment, by the days of its ids.
  func rows(in known: EventDays) -> [UInt32] {
    if known.isUnknown { return Array(rows) }
    let takesOthers = known.hasOtherIDs && hasOtherIDs
    var bits: [Bool] = []
    var first: Int64 = 0
    if let range, let oldest = known.days.first, let newest = known.days.last, oldest <= range.upperBound,
      range.lowerBound <= newest
    {
      first = max(oldest, range.lowerBound)
      let last = min(newest, range.upperBound)
      guard last - first < Self.mostBits else { return rowsOneByOne(in: known, takesOthers) }
      bits = [Bool](repeating: false, count: Int(last - first) + 1)
      for day in known.days where day >= first && day <= last { bits[Int(day - first)] = true }
    }
    guard takesOthers || !bits.isEmpty else { return [] }
    var kept: [UInt32] = []
    for (row, day) in zip(rows, days) {
      if day == Self.otherID {
        if takesOthers { kept.append(row) }
      } else {
        let place = day &- first
        if place >= 0, place < bits.count, bits[Int(place)] { kept.append(row) }
      }
    }
    return kept
  }

  private func rowsOneByOne(in known: EventDays, _ takesOthers: Bool) -> [UInt32] {
    zip(rows, days).filter { $1 == Self.otherID ? takesOthers : known.contains(day: $1) }.map(\.0)
  }
}
