import Columnar
import StorageIO
import Synchronization

extension Partition {
  static let maintenanceLockName = "maintenance.lock"

  /// The right to replace files of this partition; nil where another process has it.
  func maintenanceLock() throws(StoreError) -> (any DiskLock)? {
    try onDisk { () throws(DiskError) in
      try environment.disk.tryLock(folder + "/" + Self.maintenanceLockName)
    }
  }

  /// Merges what is due, or everything, and commits the result. Returns whether anything was merged.
  ///
  /// Beside a writer and readers, in this process or another: a flush that commits meanwhile is kept, and readers go on
  /// with the files they opened. Interrupted at any moment it leaves the partition as it was.
  @discardableResult
  package func compact(everything: Bool = false) throws(StoreError) -> Bool {
    guard let lock = try maintenanceLock() else { return false }
    defer { lock.release() }
    let files = try PartitionFiles.openNewest(
      manifests, disk: environment.disk, previous: state.withLock { $0.files })
    let pick =
      everything
      ? CompactionPick.all(files.manifest, options: options) : CompactionPick.due(files.manifest, options: options)
    guard !pick.isEmpty else { return false }
    let (segments, run) = try merge(pick, files)
    let committed = try manifests.commit { (manifest: inout Manifest) throws(StoreError) in
      guard manifest.holds(pick) else { return false }
      manifest.replace(segments: pick.segments, by: segments)
      if let run { manifest.replace(runs: pick.runs, by: run) }
      return true
    }
    guard let committed else {
      // Only whoever holds the lock takes files away.
      throw StoreError(.io, file: folder, "another process compacted under the lock of this one")
    }
    if !isReader { try reloadFiles(isDurable: true) }
    try manifests.removeManifests(before: committed.number)
    for fileID in pick.segments { try remove(StoreLayout.segmentName(fileID)) }
    for fileID in pick.runs { try remove(StoreLayout.runName(fileID)) }
    return true
  }

  /// The merged files, durable but not committed. Where that fails, what was begun is removed again.
  private func merge(
    _ pick: CompactionPick, _ files: PartitionFiles
  ) throws(StoreError) -> ([Manifest.SegmentEntry], Manifest.RunEntry?) {
    var segmentIDs: [UInt64] = []
    let runID = environment.entropy.next()
    do throws(StoreError) {
      let segments = try mergeSegments(pick, files, &segmentIDs)
      let run = try mergeRuns(pick, files, fileID: runID)
      try onDisk { () throws(DiskError) in try environment.disk.syncDirectory(folder) }
      return (segments, run)
    } catch {
      discard(segments: segmentIDs, runs: [runID])
      throw error
    }
  }

  private func mergeSegments(
    _ pick: CompactionPick, _ files: PartitionFiles, _ fileIDs: inout [UInt64]
  ) throws(StoreError) -> [Manifest.SegmentEntry] {
    guard !pick.segments.isEmpty else { return [] }
    let inputs = files.segments.filter { pick.segments.contains($0.fileID) }
    let entries = files.manifest.segments.filter { pick.segments.contains($0.fileID) }
    let level = (entries.map(\.level).max() ?? 0) + 1
    let merge = SegmentMerge(
      hashSeed: hashSeed, codec: .lz4, rowsPerSegment: options.largestSegmentRows,
      metadataLimit: options.rowGroupMetadataBytes)
    var outputs: [FileOutput] = []
    let summaries = try merge.run(
      inputs,
      target: { () throws(StoreError) in
        let fileID = environment.entropy.next()
        fileIDs.append(fileID)
        let path = folder + "/" + StoreLayout.segmentName(fileID)
        let output = try FileOutput.create(path, disk: environment.disk)
        outputs.append(output)
        return SegmentMerge.Target(fileID: fileID, output: output)
      })
    for output in outputs { try output.publish(disk: environment.disk) }
    return (summaries ?? []).map { summary in
      Manifest.SegmentEntry(
        fileID: summary.fileID, length: summary.fileLength, rows: summary.rows, level: level,
        smallestCreatedAt: summary.smallestCreatedAt, largestCreatedAt: summary.largestCreatedAt, tier: .hot)
    }
  }

  private func mergeRuns(
    _ pick: CompactionPick, _ files: PartitionFiles, fileID: UInt64
  ) throws(StoreError) -> Manifest.RunEntry? {
    guard !pick.runs.isEmpty else { return nil }
    let inputs = files.runs.filter { pick.runs.contains($0.fileID) }
    let entries = files.manifest.runs.filter { pick.runs.contains($0.fileID) }
    let path = folder + "/" + StoreLayout.runName(fileID)
    let output = try FileOutput.create(path, disk: environment.disk)
    let summary = try RunMerge.write(
      inputs, includesOldest: files.manifest.runs.first?.fileID == pick.runs.first, fileID: fileID, output: output)
    try output.publish(disk: environment.disk)
    return Manifest.RunEntry(
      fileID: fileID, length: summary.length, entries: summary.entries,
      level: (entries.map(\.level).max() ?? 0) + 1)
  }

  private func remove(_ name: String) throws(StoreError) {
    do {
      try environment.disk.remove(folder + "/" + name)
    } catch  where error.kind == .notFound {
      return
    } catch {
      throw StoreError(error)
    }
  }
}

extension Manifest {
  /// Whether all inputs of a compaction are still there.
  fileprivate func holds(_ pick: CompactionPick) -> Bool {
    Set(segments.map(\.fileID)).isSuperset(of: pick.segments) && Set(runs.map(\.fileID)).isSuperset(of: pick.runs)
  }

  /// Puts the merged segments in the place of the first of their inputs.
  fileprivate mutating func replace(segments inputs: [UInt64], by merged: [SegmentEntry]) {
    guard let place = segments.firstIndex(where: { inputs.contains($0.fileID) }) else { return }
    segments.removeAll { inputs.contains($0.fileID) }
    segments.insert(contentsOf: merged, at: place)
  }

  /// Puts the merged run in the place of its inputs, which are neighbours.
  fileprivate mutating func replace(runs inputs: [UInt64], by merged: RunEntry) {
    guard let place = runs.firstIndex(where: { inputs.contains($0.fileID) }) else { return }
    runs.removeAll { inputs.contains($0.fileID) }
    runs.insert(merged, at: place)
  }
}
