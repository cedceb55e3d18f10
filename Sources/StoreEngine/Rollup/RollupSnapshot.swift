package import Columnar

/// The rollups of a memtable at one moment, with the dictionaries that their codes mean. Copies nothing.
package struct RollupSnapshot: Sendable {
  private let scopes: ScopeRollup
  /// What the rollups of users are derived from.
  private let rows: RollupRows
  package let users: ByteStringDictionary
  package let entities: ByteStringDictionary
  package let texts: MemtableTexts

  /// The rollups of a memtable whose events are in `batch`.
  package init(_ rollups: MemtableRollups, batch: EventBatch) {
    scopes = rollups.scopes
    rows = RollupRows(pairs: rollups.pairs, events: batch)
    users = batch.users
    entities = batch.entities
    texts = MemtableTexts(entityTypes: batch.entityTypes, dimensions: batch.dimensions)
  }

  /// Adds the aggregates of one entity of a user.
  package func addGrowth(user: KeySpan, entity: KeySpan, _ ranks: GrowthSources.Ranks, to rows: inout GrowthRows) {
    guard let group = users.find(user.bytes), let item = entities.find(entity.bytes) else { return }
    self.rows.pairs.addGrowth(user: group, entity: item, of: self.rows.events, ranks, to: &rows)
  }

  /// Adds the aggregates of all entities of a user.
  package func addGrowth(user: KeySpan, _ ranks: GrowthSources.Ranks, to rows: inout GrowthRows) {
    guard let group = users.find(user.bytes) else { return }
    self.rows.pairs.addGrowth(user: group, of: self.rows.events, ranks, to: &rows)
  }

  /// The texts of a rollup's groups.
  package func groups(_ rollup: Rollup) -> ByteStringDictionary {
    rollup == .scopeGrowth ? scopes.scopePaths : users
  }

  // MARK: Entries, by codes

  package func contains(_ rollup: Rollup, group: UInt32) -> Bool {
    rollup == .scopeGrowth ? scopes.table.contains(group: group) : rows.pairs.contains(user: group)
  }

  /// The items of a group, in no order.
  func items(_ rollup: Rollup, group: UInt32) -> [UInt32] {
    rollup.hasItems ? rows.pairs.entities(ofUser: group) : [0]
  }

  /// The aggregates of an item, in no order of texts.
  func leaves(_ rollup: Rollup, group: UInt32, item: UInt32) -> [RunLeaf] {
    if rollup != .scopeGrowth { return rows.leaves(rollup, group: group, item: item) }
    var leaves: [RunLeaf] = []
    scopes.table.forEach(group: group) { leaf in
      leaves.append(RunLeaf(a: leaf.a, b: leaf.b, measures: leaf.aggregate, isReset: false))
    }
    return leaves
  }
}
