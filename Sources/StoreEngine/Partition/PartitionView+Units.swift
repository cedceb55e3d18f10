import Columnar

/// Reads of memory units.
extension PartitionView {
  private var unitTables: [UnitTable] { memtables.compactMap(\.units) }

  /// The number of versions of its units.
  package var unitVersionCount: Int {
    files.unitSegments.reduce(0) { $0 + $1.rows } + unitTables.reduce(0) { $0 + $1.versions.count }
  }

  /// The newest version of a unit, ids in stored form; also one that says that it was deleted.
  package func unit(user: [UInt8], muid: [UInt8], content: Bool) throws(StoreError) -> UnitVersion? {
    let hash = UnitVersion.hash(user: user, muid: muid, hashSeed: hashSeed)
    var newest: UnitItem?
    for table in unitTables {
      for version in table.versions(user: user, muid: muid, hash: hash) {
        if let newest, newest.version.updatedAt > version.updatedAt { continue }
        newest = UnitItem(version)
      }
    }
    for segment in files.unitSegments {
      if let newest, newest.version.updatedAt > segment.bounds.largestUpdatedAt { continue }
      guard let item = try segment.find(user: user, muid: muid, hash: hash).first else { continue }
      if let newest, newest.version.updatedAt > item.version.updatedAt { continue }
      newest = item
    }
    return content ? try newest?.complete() : newest?.version
  }

  /// All versions of a unit, the newest first.
  package func unitHistory(user: [UInt8], muid: [UInt8], content: Bool) throws(StoreError) -> [UnitVersion] {
    let hash = UnitVersion.hash(user: user, muid: muid, hashSeed: hashSeed)
    var items = unitTables.flatMap { $0.versions(user: user, muid: muid, hash: hash) }.map { UnitItem($0) }
    for segment in files.unitSegments { items += try segment.find(user: user, muid: muid, hash: hash) }
    items.sort { $0.version.updatedAt > $1.version.updatedAt }
    var versions: [UnitVersion] = []
    for item in items { versions.append(content ? try item.complete() : item.version) }
    return versions
  }

  /// Its versions, of one user or of all, source by source, to be merged.
  package func unitCursors(user: [UInt8]? = nil) throws(StoreError) -> [UnitCursor] {
    var cursors: [UnitCursor] = []
    for segment in files.unitSegments { cursors.append(try UnitCursor(segment, user: user)) }
    for table in unitTables { cursors.append(UnitCursor(table.sorted(user: user))) }
    return cursors
  }

  /// Calls `body` with every version that was committed after a frame, in no order, until it returns false.
  package func forEachUnitVersion(
    after sequence: UInt64, content: Bool, _ body: (UnitVersion) throws(StoreError) -> Bool
  ) throws(StoreError) {
    for segment in files.unitSegments where segment.bounds.largestSequence > sequence {
      guard try segment.forEach(after: sequence, content: content, body) else { return }
    }
    for table in unitTables {
      for version in table.versions where version.sequence > sequence {
        guard try body(version) else { return }
      }
    }
  }
}
