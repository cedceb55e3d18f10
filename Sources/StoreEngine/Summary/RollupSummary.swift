import Columnar

/// Summaries in the shape of rollups: what segments say their aggregates should be.
package enum RollupSummary {
  /// The parts of events by which a rollup's aggregates are summed up.
  package static func parts(_ rollup: Rollup) -> [SummaryPart] {
    switch rollup {
    case .entityGrowth: [.user, .entity, .entityType, .dimension]
    case .userGrowth: [.user, .dimension]
    case .dailyGrowth: [.user, .dimension, .day]
    case .scopeGrowth: [.scope, .dimension, .day]
    }
  }

  /// What a summary of the parts of scope_growth says of every scope and all of its ancestors.
  package static func withAncestors(_ byScope: SummaryTable) -> SummaryTable {
    byScope.expandingFirstPart { scope in ScopeRollup.ancestorLengths(of: scope).map { Array(scope[..<$0]) } }
  }

  /// The aggregates of a rollup that the events of segments say, for some users; those of scopes are of all users.
  static func table(
    _ rollup: Rollup, of segments: [Segment], users: UserRange
  ) throws(StoreError) -> SummaryTable {
    var filter = EventFilter()
    if rollup != .scopeGrowth { filter.users = users }
    let table = try EventSummarizer.summary(
      segments: segments, batches: [], by: parts(rollup), filter: filter, countsUsers: false)
    return rollup == .scopeGrowth ? withAncestors(table) : table
  }

  /// Adds what sealed runs say of a rollup for some users, or of all scopes.
  package static func add(
    _ sealed: [Run], _ rollup: Rollup, users: UserRange, to table: inout SummaryTable
  ) throws(StoreError) {
    for run in sealed {
      guard let section = run.section(rollup), section.blockCount > 0 else { continue }
      try add(section, path: run.path, rollup == .scopeGrowth ? .all : users, to: &table)
    }
  }

  /// Entries that are added to a table at a time.
  private static let chunk = 4_096

  private static func add(
    _ section: RunSection, path: String, _ users: UserRange, to table: inout SummaryTable
  ) throws(StoreError) {
    let rollup = section.rollup
    let partOfA = rollup.hasItems ? 2 : 1
    let textsOfA = section.texts.arrays.map { table.code($0, part: partOfA) }
    let textsOfB = rollup.hasTextB ? section.texts.arrays.map { table.code($0, part: partOfA + 1) } : []
    let cursor = try RunCursor(section, fromGroup: users.from.map { Bytes($0) })
    let end = users.to.map { KeySpan($0) }
    var codes = [[UInt32]](repeating: [], count: table.parts.count)
    var aggregates: [Aggregate] = []
    var (group, item): (UInt32, UInt32) = (0, 0)
    var isFirst = true
    while !cursor.isAtEnd {
      if isFirst || !cursor.isSameItem {
        if let end, KeySpan.compare(cursor.group, end) >= 0 { break }
        group = table.code(cursor.group.array, part: 0)
        if rollup.hasItems { item = table.code(cursor.item.array, part: 1) }
        isFirst = false
      }
      let leaf = cursor.leaf
      guard !leaf.isReset, Int(leaf.a) < textsOfA.count, !rollup.hasTextB || Int(leaf.b) < textsOfB.count else {
        throw StoreError(.corruption, file: path, "\(rollup.name): an entry that no sealed run may have")
      }
      codes[0].append(group)
      if rollup.hasItems { codes[1].append(item) }
      codes[partOfA].append(textsOfA[Int(leaf.a)])
      if rollup.hasTextB { codes[partOfA + 1].append(textsOfB[Int(leaf.b)]) }
      if rollup.hasDays { codes[partOfA + 1].append(leaf.b) }
      aggregates.append(leaf.measures)
      if aggregates.count == chunk {
        table.add(codes, aggregates)
        for part in codes.indices { codes[part].removeAll(keepingCapacity: true) }
        aggregates.removeAll(keepingCapacity: true)
      }
      try cursor.advance()
    }
    table.add(codes, aggregates)
  }
}

extension DictionaryPage.Strings {
  fileprivate var arrays: [[UInt8]] { (0..<count).map { self[$0].array } }
}
