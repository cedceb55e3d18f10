import Columnar
import StorageIO
import Synchronization

extension Partition {
  /// Tells which versions of units are stored, among `rows` of `units`: exactly. Reads only, so it may fail without harm. Versions
  /// that come twice in the same batch are told by whoever commits. What an expired one said is gone, so it is a duplicate and
  /// never a conflict.
  func findStored(
    _ units: [UnitVersion], _ rows: [Int], into outcome: inout Classification
  ) throws(StoreError) {
    let reads = try self.units()
    guard !reads.segments.isEmpty || !reads.tables.isEmpty || !reads.expired.isEmpty else { return }
    // In the order of segments, so that neighbours are found on the pages that were read last.
    for row in rows.sorted(by: { UnitVersion.compare(units[$0], units[$1]) < 0 }) {
      if let stored = try reads.stored(units[row]) {
        outcome.note(row, same: stored.isSame(as: units[row]))
      } else if try reads.hasExpired(
        user: units[row].user, muid: units[row].muid, updatedAt: units[row].updatedAt)
      {
        outcome.note(row, same: true)
      }
    }
  }

  /// Adds versions of units of a logged frame that are new.
  func apply(_ units: [UnitVersion], sequence: UInt64) {
    state.withLock { $0.append(units, sequence: sequence) }
  }

  func writeUnits(_ table: UnitTable, fileID: UInt64) throws(StoreError) -> Manifest.UnitEntry {
    let output = try create(StoreLayout.unitsName(fileID))
    let writer = UnitSegmentWriter(fileID: fileID, hashSeed: hashSeed, codec: .lz4, output: output)
    for version in table.sorted() { try writer.append(version) }
    let summary = try writer.finish()
    try output.publish(disk: environment.disk)
    return Manifest.UnitEntry(summary, level: 0, tier: .hot)
  }
}
