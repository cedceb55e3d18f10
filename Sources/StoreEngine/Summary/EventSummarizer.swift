import Columnar

/// Sums up events straight from the columns of segments and memtables, without putting them in order.
///
/// Work per event is decoding the columns that are needed and one look-up for each change of a part; texts are looked at
/// once for each row group.
package struct EventSummarizer {
  private let filter: EventFilter
  private var table: SummaryTable
  /// By part: the table's code + 1 of each code of the current row group, 0 where it is not yet known.
  private var maps: [[UInt32]] = []
  private var userMap: [UInt32] = []
  private var days: [DayCodes]
  private var codes: [UInt32] = []
  private var groups: [UInt32] = []

  package init(by parts: [SummaryPart], filter: EventFilter, countsUsers: Bool) {
    self.filter = filter
    table = SummaryTable(parts, countsUsers: countsUsers)
    days = parts.map { DayCodes($0) }
  }

  /// The summary of the events of one partition.
  package static func summary(
    segments: [Segment], batches: [EventBatch], by parts: [SummaryPart], filter: EventFilter, countsUsers: Bool
  ) throws(StoreError) -> SummaryTable {
    var summarizer = EventSummarizer(by: parts, filter: filter, countsUsers: countsUsers)
    for segment in segments { try summarizer.add(segment) }
    for batch in batches { summarizer.add(batch) }
    return summarizer.table
  }

  // MARK: Segments

  private mutating func add(_ segment: Segment) throws(StoreError) {
    for index in RowGroupSelection.groups(of: segment, filter) {
      guard let selection = try RowGroupSelection(segment, index, filter) else { continue }
      beginRowGroup(selection.group)
      for page in selection.pages {
        let picks = selection.takesAll(ofPage: page) ? nil : try selection.picks(page: page)
        if let picks, picks.isEmpty { continue }
        try add(selection.group, page, picks)
      }
    }
  }

  private mutating func beginRowGroup(_ group: RowGroup) {
    maps = table.parts.map { part in
      part.column.map { [UInt32](repeating: 0, count: group.dictionarySize($0)) } ?? []
    }
    if table.countsUsers { userMap = [UInt32](repeating: 0, count: group.dictionarySize(.user)) }
  }

  /// Adds the picked rows of a page, or all of them.
  private mutating func add(_ group: RowGroup, _ page: Int, _ picks: [Int32]?) throws(StoreError) {
    let createdAt = Self.pick(try group.createdAt(page: page), picks)
    beginPage(createdAt.count)
    for (index, part) in table.parts.enumerated() {
      if let column = part.column {
        codes = Self.pick(try group.codes(column, page: page), picks)
        try Self.translate(&codes, &maps[index]) { (code) throws(StoreError) in
          table.code(try group.string(column, code), part: index)
        }
      } else {
        days[index].fill(&codes, from: createdAt)
      }
      table.divide(&groups, by: index, codes: codes)
    }
    table.add(groups, delta: Self.pick(try group.delta(page: page), picks), createdAt: createdAt)
    if table.countsUsers {
      codes = Self.pick(try group.codes(.user, page: page), picks)
      try Self.translate(&codes, &userMap) { (code) throws(StoreError) in
        table.code(ofUser: try group.string(.user, code))
      }
      table.note(users: codes, of: groups)
    }
  }

  private mutating func beginPage(_ rows: Int) {
    groups.removeAll(keepingCapacity: true)
    groups.append(contentsOf: repeatElement(0, count: rows))
  }

  private static func pick<T>(_ values: [T], _ picks: [Int32]?) -> [T] {
    guard let picks else { return values }
    return picks.map { values[Int($0)] }
  }

  /// Replaces codes of a source by those of the table, asking for each that is new once.
  private static func translate<E: Error>(
    _ codes: inout [UInt32], _ map: inout [UInt32], _ code: (UInt32) throws(E) -> UInt32
  ) throws(E) {
    for index in codes.indices {
      let source = codes[index]
      if map[Int(source)] == 0 { map[Int(source)] = try code(source) + 1 }
      codes[index] = map[Int(source)] &- 1
    }
  }

  // MARK: Memtables

  /// Rows of a batch that are summed up at a time.
  private static let batchRows = 4_096

  private mutating func add(_ batch: EventBatch) {
    // Only a condition on the user makes use of the order.
    let order = filter.user == nil ? [UInt32](0..<UInt32(batch.count)) : batch.sortedOrder()
    let rows = filter.rows(of: batch, in: order)
    maps = table.parts.map { part in
      part.column.map { [UInt32](repeating: 0, count: batch.dictionary($0).count) } ?? []
    }
    userMap = [UInt32](repeating: 0, count: table.countsUsers ? batch.users.count : 0)
    var start = 0
    while start < rows.count {
      let end = min(rows.count, start + Self.batchRows)
      add(batch, rows[start..<end])
      start = end
    }
  }

  private mutating func add(_ batch: EventBatch, _ rows: ArraySlice<UInt32>) {
    let createdAt = rows.map { batch.createdAt[Int($0)] }
    beginPage(rows.count)
    for (index, part) in table.parts.enumerated() {
      if let column = part.column {
        let source = batch.codes(column)
        let dictionary = batch.dictionary(column)
        codes = rows.map { source[Int($0)] }
        Self.translate(&codes, &maps[index]) { table.code($0, of: dictionary, part: index) }
      } else {
        days[index].fill(&codes, from: createdAt)
      }
      table.divide(&groups, by: index, codes: codes)
    }
    table.add(groups, delta: rows.map { batch.delta[Int($0)] }, createdAt: createdAt)
    if table.countsUsers {
      codes = rows.map { batch.user[Int($0)] }
      Self.translate(&codes, &userMap) { table.code(ofUser: $0, of: batch.users) }
      table.note(users: codes, of: groups)
    }
  }
}
