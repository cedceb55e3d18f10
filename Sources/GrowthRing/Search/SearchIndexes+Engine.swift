import StorageIO
package import StoreEngine
package import TextSearch

/// Search in what an engine holds at this moment.
extension SearchIndexes {
  /// The indexes of an engine's store; in memory where the disk is not that of the machine.
  package init(_ engine: Engine) {
    self.init(engine.identity, layout: engine.layout, disk: engine.environment.disk)
  }

  package func search(
    _ query: SearchQuery, _ options: SearchOptions, in engine: Engine
  ) throws(StoreError) -> SearchResults {
    try search(query, options, in: try Self.snapshot(engine)) { () throws(StoreError) in try Self.fresh(engine) }
  }

  /// The units in whose title or content a text stands byte for byte.
  func scan(_ text: String, _ options: SearchOptions, in engine: Engine) throws(StoreError) -> SearchResults {
    try scan(text, options, in: try Self.snapshot(engine))
  }

  /// Fills the indexes up to what is durable; returns the texts in them.
  func build(anew: Bool, from engine: Engine) throws(StoreError) -> Int {
    try build(anew: anew, from: try Self.snapshot(engine)) { () throws(StoreError) in try Self.fresh(engine) }
  }

  /// Brings the indexes that have files up to date and tidies them, while `goesOn`; returns how many versions of units they took
  /// in.
  func update(from engine: Engine, tidiesAll: Bool, while goesOn: () -> Bool) throws(StoreError) -> Int {
    try update(from: { () throws(StoreError) in try Self.snapshot(engine) }, tidiesAll: tidiesAll, while: goesOn)
  }

  package func verify(in engine: Engine) throws(StoreError) -> SearchVerifyReport {
    try verify(in: try Self.snapshot(engine)) { () throws(StoreError) in try Self.fresh(engine) }
  }

  /// A snapshot that is at least as new as anything that another process has seen.
  private static func fresh(_ engine: Engine) throws(StoreError) -> GrowthSnapshot {
    try engine.takeOverFiles()
    return try snapshot(engine)
  }

  private static func snapshot(_ engine: Engine) throws(StoreError) -> GrowthSnapshot {
    let (views, durable) = try engine.durableSnapshot()
    // No search asks for the growth model.
    var snapshot = GrowthSnapshot(views: views, identity: engine.identity, model: GrowthModel.standard)
    snapshot.durableSequence = durable
    return snapshot
  }
}
