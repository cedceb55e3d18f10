import Columnar
import StorageIO
import Synchronization

extension Partition {
  /// Moves the memtable aside, so that it can be written while new events go to a fresh one.
  ///
  /// Only between two commits, by the thread that commits. False where there is nothing to freeze, or the one frozen
  /// before is not written yet.
  package func freeze() -> Bool {
    state.withLock { state in
      guard state.frozen == nil, !state.memtable.isEmpty else { return false }
      state.frozen = state.memtable
      state.memtable = Memtable(hashSeed: hashSeed)
      return true
    }
  }

  /// Writes the frozen memtable as a segment and a run, and commits them. Nothing to do where there is none.
  package func flushFrozen() throws(StoreError) {
    let (frozen, files) = state.withLock { ($0.frozen, $0.files) }
    guard let frozen else { return }
    let segment = try writeSegment(frozen)
    let run = try writeRun(frozen)
    try onDisk { () throws(DiskError) in try environment.disk.syncDirectory(folder) }
    let committed = try manifests.commit { (manifest: inout Manifest) throws(StoreError) in
      // Frames are flushed in order, so a manifest that is ahead already holds this memtable.
      guard manifest.flushedSequence < frozen.lastSequence else { return false }
      manifest.flushedSequence = frozen.lastSequence
      manifest.segments.append(segment)
      manifest.runs.append(run)
      return true
    }
    guard let committed else {
      throw StoreError(.io, file: folder, "another process flushed what this one holds; two processes append")
    }
    let opened = try PartitionFiles(committed, folder: folder, disk: environment.disk, previous: files)
    state.withLock { state in
      state.files = opened
      state.frozen = nil
    }
    try manifests.removeManifests(before: committed.number)
  }

  private func writeSegment(_ memtable: Memtable) throws(StoreError) -> Manifest.SegmentEntry {
    let fileID = environment.entropy.next()
    let path = folder + "/" + StoreLayout.segmentName(fileID)
    let output = try FileOutput.create(path, disk: environment.disk)
    let writer = SegmentWriter(fileID: fileID, hashSeed: hashSeed, codec: .lz4, output: output)
    try writer.append(memtable.events, order: memtable.events.sortedOrder())
    let summary = try writer.finish()
    try output.publish(disk: environment.disk)
    return Manifest.SegmentEntry(
      fileID: fileID, length: summary.fileLength, rows: summary.rows, level: 0,
      smallestCreatedAt: summary.smallestCreatedAt, largestCreatedAt: summary.largestCreatedAt, tier: .hot)
  }

  private func writeRun(_ memtable: Memtable) throws(StoreError) -> Manifest.RunEntry {
    let fileID = environment.entropy.next()
    let path = folder + "/" + StoreLayout.runName(fileID)
    let output = try FileOutput.create(path, disk: environment.disk)
    let summary = try RunWriter.write(memtable.rollups, of: memtable.events, fileID: fileID, output: output)
    try output.publish(disk: environment.disk)
    return Manifest.RunEntry(fileID: fileID, length: summary.length, entries: summary.entries, level: 0)
  }
}
