import Columnar

extension Memtable {
  /// Adds the aggregates of one entity of a user. Copies nothing.
  func addGrowth(user: KeySpan, entity: KeySpan, _ ranks: GrowthSources.Ranks, to rows: inout GrowthRows) {
    guard let group = events.users.find(user.bytes), let item = events.entities.find(entity.bytes) else { return }
    rollups.pairs.addGrowth(user: group, entity: item, of: events, ranks, to: &rows)
  }

  /// Adds the aggregates of all entities of a user.
  func addGrowth(user: KeySpan, _ ranks: GrowthSources.Ranks, to rows: inout GrowthRows) {
    guard let group = events.users.find(user.bytes) else { return }
    rollups.pairs.addGrowth(user: group, of: events, ranks, to: &rows)
  }

  /// Whether `sources` know all its texts.
  func fits(_ sources: GrowthSources, at place: Int) -> Bool {
    sources.fits(place, entityTypes: events.entityTypes.count, dimensions: events.dimensions.count)
  }
}
