import Synchronization

/// The memory units of a partition at one moment.
package struct UnitReads: Sendable {
  /// The oldest first.
  let segments: [UnitSegment]
  /// Those of memtables.
  let tables: [UnitTable]
  /// Of versions that expired.
  let expired: [ExpiredKeyFile]
  /// The store's.
  let hashSeed: UInt64

  /// The number of versions of its units.
  package var versionCount: Int {
    segments.reduce(0) { $0 + $1.rows } + tables.reduce(0) { $0 + $1.versions.count }
  }

  /// The newest version of a unit, ids in stored form; also one that says that it was deleted.
  package func unit(user: [UInt8], muid: [UInt8], content: Bool) throws(StoreError) -> UnitVersion? {
    let hash = UnitVersion.hash(user: user, muid: muid, hashSeed: hashSeed)
    var newest: UnitItem?
    for table in tables {
      for version in table.versions(user: user, muid: muid, hash: hash) {
        if let newest, newest.version.updatedAt > version.updatedAt { continue }
        newest = UnitItem(version)
      }
    }
    for segment in segments {
      if let newest, newest.version.updatedAt > segment.bounds.largestUpdatedAt { continue }
      guard let item = try segment.find(user: user, muid: muid, hash: hash).first else { continue }
      if let newest, newest.version.updatedAt > item.version.updatedAt { continue }
      newest = item
    }
    return content ? try newest?.complete() : newest?.listed
  }

  /// The stored version of the same identity.
  func stored(_ unit: UnitVersion) throws(StoreError) -> UnitVersion? {
    try version(user: unit.user, muid: unit.muid, updatedAt: unit.updatedAt)
  }

  /// A version by its identity.
  package func version(user: [UInt8], muid: [UInt8], updatedAt: Int64) throws(StoreError) -> UnitVersion? {
    let hash = UnitVersion.hash(user: user, muid: muid, hashSeed: hashSeed)
    for table in tables {
      for known in table.versions(user: user, muid: muid, hash: hash) where known.updatedAt == updatedAt {
        return known
      }
    }
    for segment in segments.reversed() {
      for item in try segment.find(user: user, muid: muid, hash: hash)
      where item.version.updatedAt == updatedAt { return try item.complete() }
    }
    return nil
  }

  /// Whether a version has expired, ids in stored form.
  package func hasExpired(user: [UInt8], muid: [UInt8], updatedAt: Int64) throws(StoreError) -> Bool {
    if expired.isEmpty { return false }
    let hash = UnitVersion.hash(user: user, muid: muid, hashSeed: hashSeed)
    for keys in expired {
      let isThere = try keys.contains(
        user: user, muid: muid, updatedAt: updatedAt, unitHash: hash, hashSeed: hashSeed)
      if isThere { return true }
    }
    return false
  }

  /// How many versions have expired.
  package var expiredCount: Int { expired.reduce(0) { $0 + $1.count } }

  /// All versions of a unit, the newest first.
  package func history(user: [UInt8], muid: [UInt8], content: Bool) throws(StoreError) -> [UnitVersion] {
    let hash = UnitVersion.hash(user: user, muid: muid, hashSeed: hashSeed)
    var items = tables.flatMap { $0.versions(user: user, muid: muid, hash: hash) }.map { UnitItem($0) }
    for segment in segments { items += try segment.find(user: user, muid: muid, hash: hash) }
    items.sort { $0.version.updatedAt > $1.version.updatedAt }
    var versions: [UnitVersion] = []
    for item in items { versions.append(content ? try item.complete() : item.listed) }
    return versions
  }

  /// Its versions, of one user or of all, source by source, to be merged; where there is a condition on metadata, without many
  /// of those that do not satisfy it.
  package func cursors(
    user: [UInt8]? = nil, where metadata: MetadataPredicate? = nil
  ) throws(StoreError) -> [UnitCursor] {
    let condition = metadata.map { UnitCondition(metadata: $0, hashSeed: hashSeed) }
    var cursors: [UnitCursor] = []
    for segment in segments { cursors.append(try UnitCursor(segment, user: user, where: condition)) }
    for table in tables { cursors.append(UnitCursor(table.sorted(user: user))) }
    return cursors
  }

  /// Calls `body` with every version that was committed after a frame, in no order, until it returns false.
  package func forEachVersion(
    after sequence: UInt64, content: Bool, _ body: (UnitVersion) throws(StoreError) -> Bool
  ) throws(StoreError) {
    for segment in segments where segment.bounds.largestSequence > sequence {
      guard try segment.forEach(after: sequence, content: content, body) else { return }
    }
    for table in tables {
      // In the order of commits, so that the newest are at the end.
      for version in table.versions.reversed() {
        if version.sequence <= sequence { break }
        guard try body(content ? version : UnitItem(version).listed) else { return }
      }
    }
  }
}

extension PartitionView {
  /// Its memory units.
  package var units: UnitReads {
    UnitReads(
      segments: files.unitSegments, tables: memtables.compactMap(\.units), expired: files.expiredUnitKeys,
      hashSeed: hashSeed)
  }
}

extension Partition {
  /// Its memory units at this moment. Unlike a view this copies nothing of the events.
  package func units() throws(StoreError) -> UnitReads {
    try openFiles()
    return state.withLock { state in
      let tables = [state.frozen?.units, state.memtable.units].compactMap { $0 }
      return UnitReads(
        segments: state.files.unitSegments, tables: tables, expired: state.files.expiredUnitKeys, hashSeed: hashSeed)
    }
  }
}
