public import StoreEngine

/// Memory units at one moment.
extension GrowthSnapshot {
  /// A memory unit in its newest version; nil where there is none, or it was deleted. Without `content` that is not read,
  /// and empty.
  public func unit(_ muid: String, of user: String, content: Bool = true) throws(StoreError) -> MemoryUnit? {
    let newest = try view(ofUser: user).units.unit(
      user: Identifier.encode(user), muid: Identifier.encode(muid), content: content)
    guard let newest, !newest.fields.isDeleted else { return nil }
    return newest.unit
  }

  /// All versions of a memory unit, the newest first, also those that say that it was deleted.
  public func unitHistory(_ muid: String, of user: String, content: Bool = true) throws(StoreError) -> [MemoryUnit] {
    try view(ofUser: user).units.history(
      user: Identifier.encode(user), muid: Identifier.encode(muid), content: content
    ).map(\.unit)
  }

  /// Calls `body` with the newest version of every unit that was not deleted, of one user or of all, by user and muid in
  /// stored form, until it returns false; profiles and other units of the store's own are left out. Without `content` that
  /// is not read, and empty: what a listing of titles wants.
  public func forEachUnit(
    of user: String? = nil, content: Bool = true, _ body: (MemoryUnit) throws(StoreError) -> Bool
  ) throws(StoreError) {
    let stored = user.map { Identifier.encode($0) }
    let wanted = user.map { [view(ofUser: $0)] } ?? views
    var cursors: [UnitCursor] = []
    for view in wanted { cursors += try view.units.cursors(user: stored) }
    var merge = UnitMerge(cursors)
    while let newest = try merge.nextUnit() {
      let fields = newest.version.fields
      if fields.isDeleted || ReservedUnits.isReserved(sourceType: fields.sourceType) { continue }
      let version = content ? try newest.complete() : newest.listed
      guard try body(version.unit) else { return }
    }
  }

  /// Calls `body` with every version of a unit of one partition whose commit has a sequence number above `sequence`, in no
  /// order, with that number, until it returns false: what an index needs to catch up.
  public func forEachUnitVersion(
    partition: Int, after sequence: UInt64, content: Bool = true,
    _ body: (MemoryUnit, _ sequence: UInt64) throws(StoreError) -> Bool
  ) throws(StoreError) {
    try views[partition].units.forEachVersion(after: sequence, content: content) { (version) throws(StoreError) in
      try body(version.unit, version.sequence)
    }
  }

  /// The number of partitions; a user's units are all in one.
  public var partitionCount: Int { views.count }

  /// The partition of a user.
  public func partition(ofUser user: String) -> Int {
    views.count == 1 ? 0 : identity.partition(ofUser: Identifier.encode(user))
  }

  /// The number of versions of all units.
  public var unitVersionCount: Int { views.reduce(0) { $0 + $1.units.versionCount } }
}
