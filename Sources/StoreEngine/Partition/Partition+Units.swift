import Columnar
import Synchronization

extension Partition {
  /// Tells which versions of units are stored, among `rows` of `units`: exactly. Reads only, so it may fail without harm. Versions
  /// that come twice in the same batch are told by whoever commits.
  func findStored(
    _ units: [UnitVersion], _ rows: [Int], into outcome: inout Classification
  ) throws(StoreError) {
    try openFiles()
    let (files, tables) = state.withLock { state in
      (state.files, [state.frozen?.units, state.memtable.units].compactMap { $0 })
    }
    guard !files.unitSegments.isEmpty || !tables.isEmpty else { return }
    // In the order of segments, so that neighbours are found on the pages that were read last.
    for row in rows.sorted(by: { UnitVersion.compare(units[$0], units[$1]) < 0 }) {
      if let stored = try stored(units[row], tables, files.unitSegments) {
        outcome.note(row, same: stored.isSame(as: units[row]))
      }
    }
  }

  /// The stored version of the same identity.
  private func stored(
    _ unit: UnitVersion, _ tables: [UnitTable], _ segments: [UnitSegment]
  ) throws(StoreError) -> UnitVersion? {
    let hash = unit.hash(hashSeed: hashSeed)
    for table in tables {
      for known in table.versions(user: unit.user, muid: unit.muid, hash: hash)
      where known.updatedAt == unit.updatedAt { return known }
    }
    for segment in segments.reversed() {
      for item in try segment.find(user: unit.user, muid: unit.muid, hash: hash)
      where item.version.updatedAt == unit.updatedAt { return try item.complete() }
    }
    return nil
  }

  /// Adds versions of units of a logged frame that are new.
  func apply(_ units: [UnitVersion], sequence: UInt64) {
    state.withLock { $0.memtable.append(units, hashSeed: hashSeed, sequence: sequence) }
  }

  func writeUnits(_ table: UnitTable, fileID: UInt64) throws(StoreError) -> Manifest.UnitEntry {
    let output = try FileOutput.create(folder + "/" + StoreLayout.unitsName(fileID), disk: environment.disk)
    let writer = UnitSegmentWriter(fileID: fileID, hashSeed: hashSeed, codec: .lz4, output: output)
    for version in table.sorted() { try writer.append(version) }
    let summary = try writer.finish()
    try output.publish(disk: environment.disk)
    return Manifest.UnitEntry(summary, level: 0, tier: .hot)
  }
}
