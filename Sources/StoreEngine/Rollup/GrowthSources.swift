import Columnar

/// What reads of `entity_growth` need to know of the sources of a partition, made once for all reads until a file or a
/// text comes or goes: their runs, and one numbering of all entity types and dimensions.
package final class GrowthSources: Sendable {
  /// How the codes of a memtable translate.
  package struct Ranks: Sendable {
    let entityTypes: [UInt32]
    let dimensions: [UInt32]

    init(_ texts: MemtableTexts, in vocabulary: RollupVocabulary) {
      entityTypes = vocabulary.codes(of: texts.entityTypes)
      dimensions = vocabulary.codes(of: texts.dimensions)
    }

    /// Whether the numbering knew every text.
    var isComplete: Bool { !entityTypes.contains(.max) && !dimensions.contains(.max) }
  }

  /// Newest first.
  private let runs: [GrowthRun]
  /// As the memtables: oldest first.
  package let memtables: [Ranks]
  /// Entity types and dimensions of all sources, sorted.
  let texts: [String]
  private let vocabulary: RollupVocabulary

  /// Both oldest first. `previous` is what was known before: what is still the same is taken from it.
  package init(
    runs all: [Run], memtables: [MemtableTexts], previous: GrowthSources? = nil
  ) throws(StoreError) {
    let vocabulary = RollupVocabulary(.entityGrowth, runs: all, memtables: memtables)
    var runs: [GrowthRun] = []
    for run in all.reversed() {
      guard let section = run.section(.entityGrowth) else { continue }
      let known = previous?.runs.first { $0.section === section }
      runs.append(try GrowthRun(section, fences: known?.fences, ranks: vocabulary.codes(of: section.texts)))
    }
    self.runs = runs
    self.vocabulary = vocabulary
    texts = (0..<UInt32(vocabulary.texts.count)).map { vocabulary.texts.text($0) }
    self.memtables = memtables.map { Ranks($0, in: vocabulary) }
  }

  /// The same files and numbering beside other memtables.
  private init(_ other: GrowthSources, memtables: [Ranks]) {
    runs = other.runs
    vocabulary = other.vocabulary
    texts = other.texts
    self.memtables = memtables
  }

  /// The same beside memtables of these texts, without a look at the files; nil where a text has no number here.
  package func beside(_ memtables: [MemtableTexts]) -> GrowthSources? {
    let ranks = memtables.map { Ranks($0, in: vocabulary) }
    return ranks.allSatisfy(\.isComplete) ? GrowthSources(self, memtables: ranks) : nil
  }

  /// Checks what reads will ask of the runs that these do not know yet, so that no read has to.
  ///
  /// Damage is left for the read that meets it, which can tell what it needed.
  package func checkAhead(_ all: [Run]) {
    for run in all {
      guard let section = run.section(.entityGrowth) else { continue }
      if runs.contains(where: { $0.section === section }) { continue }
      do throws(StoreError) { try section.checkAhead() } catch {}
    }
  }

  /// Whether the numbering holds for these memtables, whose dictionaries only grow.
  package func fits(_ memtable: Int, entityTypes: Int, dimensions: Int) -> Bool {
    memtables[memtable].entityTypes.count == entityTypes && memtables[memtable].dimensions.count == dimensions
  }

  // MARK: One entity

  /// Begins the rows of one entity; memtables add theirs, then `finish` those of the runs, whose tables are asked for already.
  package func begin(_ rows: inout GrowthRows, user: KeySpan, entity: KeySpan) {
    rows.pairHash = QuickHash.hash(
      entity.bytes, entity.start, entity.length, seed: QuickHash.hash(user.bytes, user.start, user.length, seed: 0))
    let hash = rows.pairHash
    for place in runs.indices { runs[place].prefetchSlot(user, entity, hash: hash) }
    rows.begin(texts)
    rows.beginItem(entity)
  }

  /// Adds what the runs say of one entity.
  package func finish(_ rows: inout GrowthRows, user: KeySpan, entity: KeySpan) throws(StoreError) {
    var hasReset = false
    let hash = rows.pairHash
    // The slots of several runs first, then what they lead to, so that the waits for memory overlap.
    var start = 0
    while start < runs.count {
      let end = min(start + Self.runsAtOnce, runs.count)
      var found = InlineArray<8, PairTable.Place>(repeating: PairTable.Place())
      for place in start..<end { found[place - start] = try runs[place].find(user, entity, hash: hash) }
      for place in start..<end {
        if found[place - start].isFound {
          try runs[place].add(user, entity, hash: hash, first: found[place - start], to: &rows, hasReset: &hasReset)
        } else if !runs[place].hasTables {
          try runs[place].add(user, entity, to: &rows, hasReset: &hasReset)
        }
      }
      start = end
    }
    rows.endItem(from: 0, hasReset: hasReset)
  }

  private static let runsAtOnce = 8

  // MARK: All of a user

  package func begin(_ rows: inout GrowthRows) {
    rows.begin(texts)
    rows.reserve()
  }

  /// Adds what the runs say of a user to what memtables said, whose rows are in no order yet.
  package func finish(_ rows: inout GrowthRows, user: KeySpan) throws(StoreError) {
    guard !rows.isEmpty else { return try merge(&rows, user) }
    var older = GrowthRows()
    older.begin(texts)
    try merge(&older, user)
    rows.sortItems()
    older.merge(newer: rows)
    rows = older
  }

  /// Merges the runs item by item.
  private func merge(_ rows: inout GrowthRows, _ user: KeySpan) throws(StoreError) {
    var cursors: [GrowthRunCursor] = []
    cursors.reserveCapacity(runs.count)
    for run in runs { run.prefetchFirstBlock(user) }
    for run in runs { if let cursor = try GrowthRunCursor(run, user) { cursors.append(cursor) } }
    while !cursors.isEmpty {
      if cursors.count == 1 { return try cursors[0].takeAll(user, into: &rows) }
      var smallest = 0
      for index in cursors.indices.dropFirst() {
        if KeySpan.compare(cursors[index].key, cursors[smallest].key) < 0 { smallest = index }
      }
      let key = cursors[smallest].key
      let start = rows.rows.count
      rows.beginItem(key)
      var hasReset = false
      var index = smallest
      while index < cursors.count {
        guard KeySpan.compare(cursors[index].key, key) == 0 else {
          index += 1
          continue
        }
        // An item goes on where its block ends: then the cursor stands at the same key again.
        if try !cursors[index].take(user, into: &rows, from: start, hasReset: &hasReset) {
          cursors.remove(at: index)
        }
      }
      rows.endItem(from: start, hasReset: hasReset)
    }
  }
}

extension PairIndex {
  /// Adds what the events of one entity of a user say. Memtables come first and hold no full values.
  func addGrowth(
    user: UInt32, entity: UInt32, of events: borrowing EventBatch, _ ranks: GrowthSources.Ranks,
    to rows: inout GrowthRows
  ) {
    forEachRow(user: user, entity: entity) { row in Self.add(row, of: events, ranks, from: 0, to: &rows) }
  }

  /// Adds what the events of a user say.
  func addGrowth(
    user: UInt32, of events: borrowing EventBatch, _ ranks: GrowthSources.Ranks, to rows: inout GrowthRows
  ) {
    forEachPair(user: user) { entity, forEachRow in
      let start = rows.rows.count
      rows.beginItem(events.entities.slice(entity))
      forEachRow { row in Self.add(row, of: events, ranks, from: start, to: &rows) }
    }
  }

  /// Adds one event to the rows of an entity, which begin at `start`.
  @inline(__always)
  private static func add(
    _ row: Int, of events: borrowing EventBatch, _ ranks: GrowthSources.Ranks, from start: Int,
    to rows: inout GrowthRows
  ) {
    var hint = start
    rows.add(
      older: Aggregate(delta: events.delta[row], createdAt: events.createdAt[row]),
      order: UInt64(ranks.entityTypes[Int(events.entityType[row])]) << 32
        | UInt64(ranks.dimensions[Int(events.dimension[row])]), isReset: false, hint: &hint)
  }
}
