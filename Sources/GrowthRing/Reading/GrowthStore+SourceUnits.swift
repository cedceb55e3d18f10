import Columnar
public import StoreEngine

/// Which events came from which units of memory. An event names its unit in its metadata, under `source_muid`.
extension GrowthStore {
  /// Every event that came from a unit of memory; of all users, or of one.
  public func events(ofUnit muid: String, user: String? = nil) async throws(StoreError) -> EventSequence {
    try await events(matching: EventFilter(user: user, where: .sourceMUID(muid)))
  }

  /// The units of memory that the events of an entity came from, in the order of their ids; of one user, or of all.
  ///
  /// Complexity: O(events of the entity).
  public func sourceUnits(ofEntity entity: String, user: String? = nil) async throws(StoreError) -> [String] {
    try await ofAll { (snapshot) throws(StoreError) in try snapshot.sourceUnits(ofEntity: entity, user: user) }
  }
}

extension GrowthSnapshot {
  /// The units of memory that the events of an entity came from, in the order of their ids; of one user, or of all.
  public func sourceUnits(ofEntity entity: String, user: String? = nil) throws(StoreError) -> [String] {
    let names = MetadataPredicate(exists: .sourceMUID)
    let filter = EventFilter(user: user, entity: entity, where: names)
    var units: Set<ExactText> = []
    for view in viewsWanted(by: filter) {
      let scan = view.scan(filter, columns: .key.union(.metadata))
      while let batch = try scan.next() {
        for code in 0..<UInt32(batch.metadatas.count) {
          if let unit = MetadataPath.sourceMUID.string(in: batch.metadatas.text(code)) { units.insert(ExactText(unit)) }
        }
      }
    }
    return units.sorted().map(\.text)
  }
}
