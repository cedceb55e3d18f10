import Columnar

/// Rows of one segment, one behind the other, that agree in the first parts of their key, and what they sum to.
struct KeyRun {
  /// Codes of a table; 0 for the parts that nobody asked for.
  var user: UInt32
  var entity: UInt32
  var entityType: UInt32
  var dimension: UInt32
  var aggregate: Aggregate
}

/// Goes through the runs of a segment in the order of their keys, a page of rows at a time. What goes on over the end of a
/// page comes as two runs.
struct KeyRuns {
  let segment: Segment
  private let filter: EventFilter
  private let depth: Int
  private var groups: Range<Int>
  private var selection: RowGroupSelection?
  private var pages: Range<Int> = 0..<0
  /// The runs of a page from `next` on are still to come.
  private var runs: [KeyRun] = []
  private var next = 0

  // Memory that is used again from page to page.
  private var columns: [IntegerRuns]
  private var codes: [[UInt32]]
  private var createdAt: [Int64] = []
  private var delta: [Int64] = []
  /// By part: the table's code + 1 of each code of the current row group, 0 where it is not yet known.
  private var maps: [[UInt32]]

  /// - Parameter depth: how many parts of the key are asked for.
  init(_ segment: Segment, _ filter: EventFilter, depth: Int) {
    self.segment = segment
    self.filter = filter
    self.depth = depth
    groups = RowGroupSelection.groups(of: segment, filter)
    columns = [IntegerRuns](repeating: IntegerRuns(), count: depth)
    codes = [[UInt32]](repeating: [], count: TextColumn.key.count)
    maps = [[UInt32]](repeating: [], count: depth)
  }

  /// The next run; nil at the end.
  @inline(__always)
  var head: KeyRun? { next < runs.count ? runs[next] : nil }

  @inline(__always)
  mutating func advance(_ table: inout SummaryTable) throws(StoreError) {
    next &+= 1
    if next >= runs.count { try load(&table) }
  }

  /// Reads the next page that has rows; texts get the codes of the table.
  mutating func load(_ table: inout SummaryTable) throws(StoreError) {
    runs.removeAll(keepingCapacity: true)
    next = 0
    while runs.isEmpty {
      guard let page = pages.first, let selection else {
        guard try openNextGroup(&table) else { return }
        continue
      }
      pages.removeFirst()
      let group = selection.group
      let ofPage = group.rows(ofPage: page)
      let rows = selection.range.clamped(to: ofPage)
      guard !rows.isEmpty else { continue }
      for part in 0..<depth { try read(part, group, page, &table) }
      try group.readTimes(page: page, into: &createdAt)
      try group.readDeltas(page: page, into: &delta)
      divide(rows.lowerBound - ofPage.lowerBound..<rows.upperBound - ofPage.lowerBound)
    }
  }

  private mutating func openNextGroup(_ table: inout SummaryTable) throws(StoreError) -> Bool {
    selection = nil
    while let index = groups.first {
      groups.removeFirst()
      guard let opened = try RowGroupSelection(segment, index, filter) else { continue }
      for (part, column) in TextColumn.key.prefix(depth).enumerated() {
        // Every text of a row group is that of some row; of a part of the rows only some are looked at.
        maps[part] =
          opened.range.count == opened.group.rows
          ? try table.codes(of: opened.group, column, part: part).map { $0 + 1 }
          : [UInt32](repeating: 0, count: opened.group.dictionarySize(column))
      }
      selection = opened
      pages = opened.pages
      return true
    }
    return false
  }

  /// Reads a column of a page, and numbers its texts as the table does.
  private mutating func read(
    _ part: Int, _ group: RowGroup, _ page: Int, _ table: inout SummaryTable
  ) throws(StoreError) {
    let column = TextColumn.key[part]
    try group.readRuns(column, page: page, into: &columns[part])
    codes[part].removeAll(keepingCapacity: true)
    for value in columns[part].values {
      if maps[part][Int(value)] == 0 {
        maps[part][Int(value)] = try table.code(UInt32(value), of: group, column, part: part) + 1
      }
      codes[part].append(maps[part][Int(value)] &- 1)
    }
  }

  /// Divides rows of the page, which was read, where one of its columns changes.
  private mutating func divide(_ rows: Range<Int>) {
    // A part that nobody asked for is one long run.
    let whole = [Int32(createdAt.count)]
    let ends = (0..<TextColumn.key.count).map { $0 < depth ? columns[$0].ends : whole }
    let codes = (0..<TextColumn.key.count).map { $0 < depth ? self.codes[$0] : [0] }
    let (users, entities, types, dimensions) = (codes[0], codes[1], codes[2], codes[3])
    let (userEnds, entityEnds, typeEnds, dimensionEnds) = (ends[0], ends[1], ends[2], ends[3])
    var (user, entity, type, dimension) = (0, 0, 0, 0)
    var row = rows.lowerBound
    while row < rows.upperBound {
      while Int(userEnds[user]) <= row { user &+= 1 }
      while Int(entityEnds[entity]) <= row { entity &+= 1 }
      while Int(typeEnds[type]) <= row { type &+= 1 }
      while Int(dimensionEnds[dimension]) <= row { dimension &+= 1 }
      let end = min(
        min(Int(userEnds[user]), Int(entityEnds[entity])), min(Int(typeEnds[type]), Int(dimensionEnds[dimension])),
        rows.upperBound)
      runs.append(
        KeyRun(
          user: users[user], entity: entities[entity], entityType: types[type], dimension: dimensions[dimension],
          aggregate: sum(row..<end)))
      row = end
    }
  }

  @inline(__always)
  private func sum(_ rows: Range<Int>) -> Aggregate {
    precondition(rows.upperBound <= delta.count && rows.upperBound <= createdAt.count, "columns of one page")
    var sum = Aggregate.empty
    sum.count = UInt64(rows.count)
    unsafe delta.withUnsafeBufferPointer { delta in
      unsafe createdAt.withUnsafeBufferPointer { createdAt in
        for row in rows {
          unsafe sum.score &+= Int128(delta[row])
          sum.first = unsafe min(sum.first, createdAt[row])
          sum.last = unsafe max(sum.last, createdAt[row])
        }
      }
    }
    return sum
  }
}
