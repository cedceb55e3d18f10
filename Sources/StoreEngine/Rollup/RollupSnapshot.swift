package import Columnar

/// The rollups of a memtable at one moment, with the dictionaries that their codes mean. Copies nothing.
package struct RollupSnapshot: Sendable {
  package let tables: RollupTables
  package let users: ByteStringDictionary
  package let entities: ByteStringDictionary
  package let entityTypes: ByteStringDictionary
  package let dimensions: ByteStringDictionary

  package init(
    tables: RollupTables, users: ByteStringDictionary, entities: ByteStringDictionary,
    entityTypes: ByteStringDictionary, dimensions: ByteStringDictionary
  ) {
    self.tables = tables
    self.users = users
    self.entities = entities
    self.entityTypes = entityTypes
    self.dimensions = dimensions
  }

  /// The rollups of a memtable whose events are in `batch`.
  package init(tables: RollupTables, batch: EventBatch) {
    self.init(
      tables: tables, users: batch.users, entities: batch.entities, entityTypes: batch.entityTypes,
      dimensions: batch.dimensions)
  }

  /// Adds the aggregates of one entity of a user.
  package func addGrowth(user: KeySpan, entity: KeySpan, _ ranks: GrowthSources.Ranks, to rows: inout GrowthRows) {
    guard let group = users.find(user.bytes), let item = entities.find(entity.bytes) else { return }
    tables.entityGrowth.add(user: group, entity: item, ranks, to: &rows)
  }

  /// Adds the aggregates of all entities of a user.
  package func addGrowth(user: KeySpan, _ ranks: GrowthSources.Ranks, to rows: inout GrowthRows) {
    guard let group = users.find(user.bytes) else { return }
    tables.entityGrowth.add(user: group, entities: entities, ranks, to: &rows)
  }

  /// The texts of a rollup's groups.
  package func groups(_ rollup: Rollup) -> ByteStringDictionary {
    rollup == .scopeGrowth ? tables.scopePaths : users
  }

  /// The texts of a rollup's `a`.
  package func textsOfA(_ rollup: Rollup) -> ByteStringDictionary {
    rollup == .entityGrowth ? entityTypes : dimensions
  }
}
