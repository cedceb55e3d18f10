package import Columnar

/// The rollups of a memtable at one moment, with the dictionaries that their codes mean. Copies nothing.
package struct RollupSnapshot: Sendable {
  /// The sums of scopes, and of users where there are no rows.
  package let tables: RollupTables
  /// What the rollups of users are derived from.
  private let rows: RollupRows?
  package let users: ByteStringDictionary
  package let entities: ByteStringDictionary
  package let entityTypes: ByteStringDictionary
  package let dimensions: ByteStringDictionary

  package init(
    tables: RollupTables, users: ByteStringDictionary, entities: ByteStringDictionary,
    entityTypes: ByteStringDictionary, dimensions: ByteStringDictionary
  ) {
    self.tables = tables
    rows = nil
    self.users = users
    self.entities = entities
    self.entityTypes = entityTypes
    self.dimensions = dimensions
  }

  /// The rollups of a memtable whose events are in `batch`.
  package init(_ rollups: MemtableRollups, batch: EventBatch) {
    tables = rollups.scopes
    rows = RollupRows(pairs: rollups.pairs, events: batch)
    users = batch.users
    entities = batch.entities
    entityTypes = batch.entityTypes
    dimensions = batch.dimensions
  }

  /// Adds the aggregates of one entity of a user.
  package func addGrowth(user: KeySpan, entity: KeySpan, _ ranks: GrowthSources.Ranks, to rows: inout GrowthRows) {
    guard let source = self.rows, let group = users.find(user.bytes), let item = entities.find(entity.bytes) else { return }
    source.pairs.addGrowth(user: group, entity: item, of: source.events, ranks, to: &rows)
  }

  /// Adds the aggregates of all entities of a user.
  package func addGrowth(user: KeySpan, _ ranks: GrowthSources.Ranks, to rows: inout GrowthRows) {
    guard let source = self.rows, let group = users.find(user.bytes) else { return }
    source.pairs.addGrowth(user: group, of: source.events, ranks, to: &rows)
  }

  /// The texts of a rollup's groups.
  package func groups(_ rollup: Rollup) -> ByteStringDictionary {
    rollup == .scopeGrowth ? tables.scopePaths : users
  }

  /// The texts of a rollup's `a`.
  package func textsOfA(_ rollup: Rollup) -> ByteStringDictionary {
    rollup == .entityGrowth ? entityTypes : dimensions
  }

  // MARK: Entries, by codes

  package func contains(_ rollup: Rollup, group: UInt32) -> Bool {
    if rollup != .scopeGrowth, let rows { return rows.pairs.contains(user: group) }
    return tables[rollup].contains(group: group)
  }

  /// The items of a group, in no order.
  func items(_ rollup: Rollup, group: UInt32) -> [UInt32] {
    rollup.hasItems ? rows?.pairs.entities(ofUser: group) ?? [] : [0]
  }

  /// The aggregates of an item, in no order of texts.
  func leaves(_ rollup: Rollup, group: UInt32, item: UInt32) -> [RunLeaf] {
    if rollup != .scopeGrowth, let rows { return rows.leaves(rollup, group: group, item: item) }
    var leaves: [RunLeaf] = []
    tables[rollup].forEach(group: group, item: item) { leaf in
      leaves.append(RunLeaf(a: leaf.a, b: leaf.b, measures: leaf.aggregate, isReset: false))
    }
    return leaves
  }
}
