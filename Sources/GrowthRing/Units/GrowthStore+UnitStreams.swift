public import StoreEngine

/// Memory units, some at a time.
public typealias UnitSequence = StoreSequence<[MemoryUnit]>

extension GrowthStore {
  /// The newest version of every unit that was not deleted, of one user or of all, by user and muid in stored form.
  ///
  /// - Parameters:
  ///   - content: without it contents are not read, and empty.
  ///   - versions: all versions, the newest of each unit first, also those that say that it was deleted.
  ///   - metadata: only units whose newest version has metadata that satisfy a condition; with `versions`, all versions that do.
  public func units(
    of user: String? = nil, content: Bool = true, versions: Bool = false, where metadata: MetadataPredicate? = nil
  ) async throws(StoreError) -> UnitSequence {
    let snapshot = try await snapshot()
    return UnitSequence(on: readQueue) { () throws(StoreError) in
      try snapshot.units(of: user, content: content, versions: versions, where: metadata)
    }
  }
}

/// The profiles of users, some at a time.
public typealias ProfileSequence = StoreSequence<[UserProfile]>

extension GrowthStore {
  /// The profiles of all users who have one, by user in stored form.
  ///
  /// Complexity: O(units); no contents are read.
  public func profiles() async throws(StoreError) -> ProfileSequence {
    let snapshot = try await snapshot()
    return ProfileSequence(on: readQueue) { () throws(StoreError) in try snapshot.profiles() }
  }
}

extension GrowthSnapshot {
  fileprivate func profiles() throws(StoreError) -> ChunkSource<[UserProfile]> {
    var cursors: [UnitCursor] = []
    for view in views { cursors += try view.units.cursors(user: nil, where: nil) }
    var merge = UnitMerge(cursors)
    return ChunkSource { () throws(StoreError) -> [UserProfile]? in
      var profiles: [UserProfile] = []
      while profiles.count < Self.unitsPerChunk, let item = try merge.next(versions: false, where: nil) {
        let fields = item.version.fields
        guard fields.muid == ReservedUnits.storedProfile, !fields.isDeleted else { continue }
        profiles.append(UserProfile(item.listed.unit))
      }
      return profiles.isEmpty ? nil : profiles
    }
  }

  private static let unitsPerChunk = 1_024
  private static let textPerChunk = 4 << 20

  fileprivate func units(
    of user: String?, content: Bool, versions: Bool, where metadata: MetadataPredicate?
  ) throws(StoreError) -> ChunkSource<[MemoryUnit]> {
    let stored = user.map { Identifier.encode($0) }
    let wanted = user.map { [view(ofUser: $0)] } ?? views
    var cursors: [UnitCursor] = []
    for view in wanted { cursors += try view.units.cursors(user: stored, where: metadata) }
    var merge = UnitMerge(cursors)
    return ChunkSource { () throws(StoreError) -> [MemoryUnit]? in
      var units: [MemoryUnit] = []
      var text = 0
      while units.count < Self.unitsPerChunk, text < Self.textPerChunk {
        guard let item = try merge.next(versions: versions, where: metadata) else { break }
        let fields = item.version.fields
        if ReservedUnits.isReserved(sourceType: fields.sourceType) || (fields.isDeleted && !versions) { continue }
        let unit = (content ? try item.complete() : item.listed).unit
        text += unit.textLength
        units.append(unit)
      }
      return units.isEmpty ? nil : units
    }
  }
}
