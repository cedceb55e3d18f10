import Columnar
import StorageIO
import Synchronization

extension Partition {
  /// Moves the memtable aside, so that it can be written while new events go to a fresh one.
  ///
  /// Only between two commits, by the thread that commits. False where there is nothing to freeze, or the one frozen
  /// before is not written yet.
  package func freeze() -> Bool {
    state.withLock { $0.freeze() }
  }

  /// The last frame of the frozen memtable; nil where there is none.
  var frozenSequence: UInt64? { state.withLock { $0.frozen?.lastSequence } }

  /// Writes the frozen memtable as a segment and a run, its memory units as a segment of their own, and commits them. Nothing to
  /// do where there is none.
  ///
  /// After an error it can be tried again. An earlier try may have committed although it failed, in the last sync; then
  /// what it committed is taken over.
  func flushFrozen() throws(StoreError) {
    try reloadFiles()
    guard let frozen = state.withLock({ $0.frozen }) else { return }
    let written = try writeFiles(frozen)
    let committed = try manifests.commit { (manifest: inout Manifest) throws(StoreError) in
      // Frames are flushed in order, so a manifest that is ahead already holds this memtable.
      guard manifest.flushedSequence < frozen.lastSequence else { return false }
      manifest.flushedSequence = frozen.lastSequence
      if let events = written.events {
        manifest.segments.append(events.segment)
        manifest.runs.append(events.run)
      }
      if let units = written.units { manifest.unitSegments.append(units) }
      return true
    }
    guard let committed else {
      throw StoreError(.io, file: folder, "another process flushed what this one holds; two processes append")
    }
    try reloadFiles(isDurable: true)
    try manifests.removeManifests(before: committed.number)
  }

  /// What became of a memtable.
  private struct Written {
    var events: (segment: Manifest.SegmentEntry, run: Manifest.RunEntry)?
    var units: Manifest.UnitEntry?
  }

  /// The files of a memtable, durable but not committed. Where that fails, what was begun is removed again.
  private func writeFiles(_ memtable: Memtable) throws(StoreError) -> Written {
    let (segmentID, runID) = (environment.entropy.next(), environment.entropy.next())
    let unitsID = memtable.units == nil ? nil : environment.entropy.next()
    do throws(StoreError) {
      var written = Written()
      if !memtable.events.isEmpty {
        let order = memtable.events.sortedOrder()
        let segment = try writeSegment(memtable, order, fileID: segmentID)
        written.events = (segment, try writeRun(memtable, order, fileID: runID))
      }
      if let units = memtable.units, let unitsID { written.units = try writeUnits(units, fileID: unitsID) }
      try onDisk { () throws(DiskError) in try environment.disk.syncDirectory(folder) }
      return written
    } catch {
      discard(segments: [segmentID], runs: [runID], units: unitsID.map { [$0] } ?? [])
      throw error
    }
  }

  private func writeSegment(
    _ memtable: Memtable, _ order: [UInt32], fileID: UInt64
  ) throws(StoreError) -> Manifest.SegmentEntry {
    let output = try create(StoreLayout.segmentName(fileID))
    let writer = SegmentWriter(
      fileID: fileID, hashSeed: hashSeed, codec: .lz4, metadataLimit: options.rowGroupMetadataBytes, output: output)
    try writer.appendGroups(memtable.events, order: order)
    let summary = try writer.finish()
    try output.publish(disk: environment.disk)
    return Manifest.SegmentEntry(summary, level: 0, tier: .hot)
  }

  private func writeRun(
    _ memtable: Memtable, _ order: [UInt32], fileID: UInt64
  ) throws(StoreError) -> Manifest.RunEntry {
    let output = try create(StoreLayout.runName(fileID))
    let summary = try RunWriter.write(
      memtable.rollupSnapshot, events: memtable.events, order: order, fileID: fileID
    ) { bytes throws(StoreError) in try output.append(bytes) }
    try output.publish(disk: environment.disk)
    return Manifest.RunEntry(summary, level: 0)
  }
}
