import Columnar

/// Events that are taken up for the archive, by the month whose file they go to.
///
/// They are divided as they come: of a scan's chunk every text is looked up once for its month, and what was gathered for a
/// month is the row group that is written, so that nothing is copied a second time.
struct EventsByMonth {
  private struct Month {
    let month: ArchiveMonth
    let times: ClosedRange<Int64>
    var events = EventBatch()
    /// Of the chunk at work.
    var rows: [UInt32] = []
  }

  /// In the order of their times.
  private var months: [Month] = []
  /// Events that are held.
  private(set) var count = 0

  init() {}

  /// Bytes of memory held.
  var memory: Int { months.reduce(0) { $0 + $1.events.memory } }

  /// Takes the rows of a chunk that are marked, behind those of the chunks before.
  mutating func append(_ batch: EventBatch, _ isTaken: [Bool]) {
    // Most often an event is of the month of the one before.
    var place = 0
    var times: ClosedRange<Int64>?
    for row in isTaken.indices where isTaken[row] {
      let time = batch.createdAt[row]
      if times?.contains(time) != true {
        place = find(time)
        times = months[place].times
      }
      months[place].rows.append(UInt32(row))
      count += 1
    }
    for place in months.indices where !months[place].rows.isEmpty {
      var recoder = BatchRecoder(expected: months[place].rows.count)
      months[place].events.append(batch, rows: months[place].rows[...], recoder: &recoder)
      months[place].rows.removeAll(keepingCapacity: true)
    }
  }

  /// The place of a time's month, which is made where there is none.
  private mutating func find(_ time: Int64) -> Int {
    let place = months.firstIndex { time <= $0.times.upperBound } ?? months.count
    if place == months.count || !months[place].times.contains(time) {
      let month = ArchiveMonth(of: time)
      months.insert(Month(month: month, times: month.times), at: place)
    }
    return place
  }

  /// The earliest month, whose events are held no more; nil where there is none.
  mutating func popFirst() -> (month: ArchiveMonth, events: EventBatch)? {
    guard !months.isEmpty else { return nil }
    let first = months.removeFirst()
    count -= first.events.count
    return (first.month, first.events)
  }
}
