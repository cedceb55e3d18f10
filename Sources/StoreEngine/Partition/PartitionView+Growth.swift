package import Columnar

extension PartitionView {
  /// The growth of one entity of a user, by entity type and dimension.
  package func growth(user: Bytes, entity: Bytes, into rows: inout GrowthRows) throws(StoreError) {
    let (user, entity) = (KeySpan(user), KeySpan(entity))
    let sources = try growthSources()
    let hashes = Memtable.Hashes(user, entity)
    sources.begin(&rows, user: user, entity: entity)
    for index in memtables.indices {
      memtables[index].addGrowth(user: user, entity: entity, hashes, sources.memtables[index], to: &rows)
    }
    try sources.finish(&rows, user: user, entity: entity)
  }

  /// The growth of all entities of a user, by entity, entity type and dimension.
  package func growth(user: Bytes, into rows: inout GrowthRows) throws(StoreError) {
    let user = KeySpan(user)
    let sources = try growthSources()
    sources.begin(&rows)
    for index in memtables.indices { memtables[index].addGrowth(user: user, sources.memtables[index], to: &rows) }
    try sources.finish(&rows, user: user)
  }
}
