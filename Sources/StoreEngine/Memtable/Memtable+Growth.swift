import Columnar

extension Memtable {
  /// The hashes by which memtables know a user and an entity.
  struct Hashes {
    let user: UInt32
    let entity: UInt32

    init(_ user: KeySpan, _ entity: KeySpan) {
      self.user = ByteStringDictionary.hash(user.bytes)
      self.entity = ByteStringDictionary.hash(entity.bytes)
    }
  }

  /// Asks for the memory where `addGrowth` will begin.
  @inline(__always)
  func prefetch(_ hashes: Hashes) {
    events.users.prefetch(hash: hashes.user)
    events.entities.prefetch(hash: hashes.entity)
  }

  /// Adds the aggregates of one entity of a user. Copies nothing.
  func addGrowth(
    user: KeySpan, entity: KeySpan, _ hashes: Hashes, _ ranks: GrowthSources.Ranks, to rows: inout GrowthRows
  ) {
    guard let group = events.users.find(user.bytes, hash: hashes.user),
      let item = events.entities.find(entity.bytes, hash: hashes.entity)
    else { return }
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
