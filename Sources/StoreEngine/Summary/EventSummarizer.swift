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
  /// By part, of those of metadata: the table's codes of the values of the current row group.
  private var metadata: [MetadataValues<UInt32>]
  private var days: [DayCodes]
  private var numbers: MetadataNumbers?
  // Memory that is used again from page to page.
  private var codes: [UInt32] = []
  private var groups: [UInt32] = []
  private var createdAt: [Int64] = []
  private var delta: [Int64] = []

  package init(by parts: [SummaryPart], filter: EventFilter, countsUsers: Bool, summing: MetadataPath? = nil) {
    self.filter = filter
    table = SummaryTable(parts, countsUsers: countsUsers, summing: summing)
    days = parts.map { DayCodes($0) }
    metadata = parts.map { MetadataValues($0.metadataPath) }
    numbers = summing.map { MetadataNumbers($0) }
  }

  /// The summary of the events of one partition.
  package static func summary(
    segments: [Segment], batches: [EventBatch], by parts: [SummaryPart], filter: EventFilter, countsUsers: Bool,
    summing: MetadataPath? = nil
  ) throws(StoreError) -> SummaryTable {
    var summarizer = EventSummarizer(by: parts, filter: filter, countsUsers: countsUsers, summing: summing)
    if summing == nil, KeySummarizer.answers(by: parts, filter, countsUsers: countsUsers) {
      var keys = KeySummarizer(segments, filter, depth: parts.count)
      try keys.run(into: &summarizer.table)
    } else {
      for segment in segments { try summarizer.add(segment) }
    }
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
    for index in metadata.indices { metadata[index].begin() }
    numbers?.begin(group.dictionarySize(.metadata))
  }

  /// Adds the picked rows of a page, or all of them.
  private mutating func add(_ group: RowGroup, _ page: Int, _ picks: [Int32]?) throws(StoreError) {
    try group.readTimes(page: page, into: &createdAt)
    Self.keep(picks, of: &createdAt)
    beginPage(createdAt.count)
    for (index, part) in table.parts.enumerated() {
      if let column = part.column {
        try group.readCodes(column, page: page, into: &codes)
        Self.keep(picks, of: &codes)
        try Self.translate(&codes, &maps[index]) { (code) throws(StoreError) in
          guard column == .metadata else { return try table.code(code, of: group, column, part: index) }
          return try metadata[index].made(code, of: group) { (value) throws(StoreError) in
            table.code(value, part: index)
          }
        }
      } else {
        days[index].fill(&codes, from: createdAt)
      }
      table.divide(&groups, by: index, codes: &codes)
    }
    try group.readDeltas(page: page, into: &delta)
    Self.keep(picks, of: &delta)
    table.add(groups, delta: delta, createdAt: createdAt)
    if numbers != nil {
      try group.readCodes(.metadata, page: page, into: &codes)
      Self.keep(picks, of: &codes)
      try numbers?.add(codes, in: group, of: groups, to: &table)
    }
    if table.countsUsers {
      try group.readCodes(.user, page: page, into: &codes)
      Self.keep(picks, of: &codes)
      try Self.translate(&codes, &userMap) { (code) throws(StoreError) in
        try table.code(ofUser: code, of: group)
      }
      table.note(users: codes, of: groups)
    }
  }

  private mutating func beginPage(_ rows: Int) {
    groups.removeAll(keepingCapacity: true)
    groups.append(contentsOf: repeatElement(0, count: rows))
  }

  /// Leaves the picked values only, or all of them.
  private static func keep<T>(_ picks: [Int32]?, of values: inout [T]) {
    guard let picks else { return }
    // Picks ascend, so none is overwritten before it is read.
    for (place, pick) in picks.enumerated() { values[place] = values[Int(pick)] }
    values.removeLast(values.count - picks.count)
  }

  /// Replaces codes of a source by those of the table, asking for each that is new once.
  private static func translate<E: Error>(
    _ codes: inout [UInt32], _ map: inout [UInt32], _ code: (UInt32) throws(E) -> UInt32
  ) throws(E) {
    try unsafe codes.withUnsafeMutableBufferPointer { (codes) throws(E) in
      try unsafe map.withUnsafeMutableBufferPointer { (map) throws(E) in
        for row in 0..<codes.count {
          let source = unsafe Int(codes[row])
          precondition(source < map.count, "a code outside of its dictionary")
          if unsafe map[source] == 0 { unsafe map[source] = try code(unsafe codes[row]) + 1 }
          unsafe codes[row] = map[source] &- 1
        }
      }
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
    numbers?.begin(batch.metadatas.count)
    var start = 0
    while start < rows.count {
      let end = min(rows.count, start + Self.batchRows)
      add(batch, rows[start..<end])
      start = end
    }
  }

  private mutating func add(_ batch: EventBatch, _ rows: ArraySlice<UInt32>) {
    createdAt = rows.map { batch.createdAt[Int($0)] }
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
      table.divide(&groups, by: index, codes: &codes)
    }
    table.add(groups, delta: rows.map { batch.delta[Int($0)] }, createdAt: createdAt)
    if numbers != nil {
      codes = rows.map { batch.metadata[Int($0)] }
      numbers?.add(codes, in: batch.metadatas, of: groups, to: &table)
    }
    if table.countsUsers {
      codes = rows.map { batch.user[Int($0)] }
      Self.translate(&codes, &userMap) { table.code(ofUser: $0, of: batch.users) }
      table.note(users: codes, of: groups)
    }
  }
}
