import Columnar

/// Finds the users of a partition that were active lately: when each of them last was, as far as the question goes.
///
/// Pages of other times are not read, nor those of users who are known to be among the newest. Of the others, times are read
/// and the runs of users; texts only of users who count.
struct ActiveUsers {
  private let newest: Int64
  /// With `oldest` as the earliest time.
  private let filter: EventFilter
  private var users = ByteStringDictionary()
  /// By user: the latest time found; exact below `newest`.
  private var latest: [Int64] = []

  // Memory that is used again from page to page.
  private var runs = IntegerRuns()
  private var createdAt: [Int64] = []

  /// Users are to be counted since times from `oldest` to `newest`.
  init(oldest: Int64, newest: Int64, _ filter: EventFilter) {
    self.newest = newest
    var filter = filter
    // `Int64.min` stands for users of whom nothing was found.
    let from = max(oldest, filter.times.lowerBound, Int64.min + 1)
    // Where nothing can match, a time that no event has.
    filter.times = from <= filter.times.upperBound ? from...filter.times.upperBound : Int64.max...Int64.max
    self.filter = filter
  }

  /// How many users were active at or after a time.
  func count(since time: Int64) -> Int { latest.count { $0 >= time } }

  private mutating func note(_ user: UInt32, _ time: Int64) {
    if Int(user) == latest.count { latest.append(time) } else { latest[Int(user)] = max(latest[Int(user)], time) }
  }

  // MARK: Segments

  mutating func add(_ segment: Segment) throws(StoreError) {
    for index in RowGroupSelection.groups(of: segment, filter) {
      guard let selection = try RowGroupSelection(segment, index, filter) else { continue }
      var found = [Int64](repeating: .min, count: selection.group.dictionarySize(.user))
      for page in selection.pages where selection.mayMatch(page: page) {
        if selection.isRange {
          try add(selection, page, &found)
        } else {
          let picks = try selection.picks(page: page)
          if picks.isEmpty { continue }
          let codes = try selection.group.codes(.user, page: page)
          try selection.group.readTimes(page: page, into: &createdAt)
          for pick in picks.map(Int.init) { found[Int(codes[pick])] = max(found[Int(codes[pick])], createdAt[pick]) }
        }
      }
      for (code, time) in found.enumerated() where time >= filter.times.lowerBound {
        note(try selection.group.intern(.user, UInt32(code), into: &users), time)
      }
    }
  }

  /// Adds the rows of a page that lie in the range of a selection; nothing but times is asked of them.
  private mutating func add(_ selection: RowGroupSelection, _ page: Int, _ found: inout [Int64]) throws(StoreError) {
    let ofPage = selection.group.rows(ofPage: page)
    let rows = selection.range.clamped(to: ofPage)
    let wanted = rows.lowerBound - ofPage.lowerBound..<rows.upperBound - ofPage.lowerBound
    try selection.group.readRuns(.user, page: page, into: &runs)
    var isRead = false
    var start = 0
    for (user, end) in zip(runs.values, runs.ends) {
      let rows = (start..<Int(end)).clamped(to: wanted)
      start = Int(end)
      if rows.isEmpty || found[Int(user)] >= newest { continue }
      if !isRead {
        try selection.group.readTimes(page: page, into: &createdAt)
        isRead = true
      }
      found[Int(user)] = max(found[Int(user)], latest(rows))
    }
  }

  /// The latest time of some rows that is not beyond those of the filter.
  private func latest(_ rows: Range<Int>) -> Int64 {
    precondition(rows.upperBound <= createdAt.count, "rows of the page")
    let end = filter.times.upperBound
    var latest = Int64.min
    unsafe createdAt.withUnsafeBufferPointer { createdAt in
      for row in rows {
        let time = unsafe createdAt[row]
        latest = max(latest, time <= end ? time : .min)
      }
    }
    return latest
  }

  // MARK: Memtables

  mutating func add(_ batch: EventBatch) {
    let order = filter.user == nil ? [UInt32](0..<UInt32(batch.count)) : batch.sortedOrder()
    var found = [Int64](repeating: .min, count: batch.users.count)
    for row in filter.rows(of: batch, in: order).map(Int.init) {
      found[Int(batch.user[row])] = max(found[Int(batch.user[row])], batch.createdAt[row])
    }
    for (code, time) in found.enumerated() where time >= filter.times.lowerBound {
      note(users.intern(UInt32(code), of: batch.users), time)
    }
  }
}
