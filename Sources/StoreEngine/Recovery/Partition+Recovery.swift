import Columnar
import StorageIO
import Synchronization

extension Partition {
  /// Applies what the log holds beyond the manifests. `partitions` are all of a store.
  static func recover(_ partitions: [Partition], _ log: LogReader) throws(StoreError) {
    let flushed = partitions.map(\.flushedSequence)
    try replay(log, partitions, above: flushed) { (number, routed, rows, sequence) in
      partitions[number].adopt(routed, rows, sequence: sequence)
    }
  }

  /// Calls `body` with the rows of every partition in frames above its number in `above`.
  private static func replay(
    _ log: LogReader, _ partitions: [Partition], above: [UInt64],
    _ body: (_ partition: Int, RoutedBatch, ArraySlice<UInt32>, _ sequence: UInt64) -> Void
  ) throws(StoreError) {
    guard let first = partitions.first else { return }
    try log.replay(above: above) { (sequence, partition, batch) throws(StoreError) in
      let routed = RoutedBatch(batch, partitions: partitions.count, hashSeed: first.hashSeed)
      if let partition {
        // As it was logged, whatever the users say.
        body(partition, routed, [UInt32](0..<UInt32(batch.count))[...], sequence)
        return
      }
      for number in routed.partitions where above[number] < sequence {
        body(number, routed, routed.rows(of: number), sequence)
      }
    }
  }

  /// Makes the newest manifest durable, because the log and older files go on the strength of it, and deletes files that
  /// no manifest names: what a crash left behind. Only the writer at its open does so, and deletes only where no
  /// maintenance is at work in the folder.
  func settleFiles() throws(StoreError) {
    let lock = try maintenanceLock()
    defer { lock?.release() }
    // What was committed before the lock was taken counts.
    try reloadFiles()
    try onDisk { () throws(DiskError) in try environment.disk.syncDirectory(folder) }
    if lock != nil { try removeOrphans() }
  }

  private func removeOrphans() throws(StoreError) {
    try onDisk { () throws(DiskError) in
      let manifest = state.withLock { $0.files.manifest }
      var named: Set<String> = [StoreLayout.manifestName(manifest.number), Self.maintenanceLockName]
      for segment in manifest.segments { named.insert(StoreLayout.segmentName(segment.fileID)) }
      for run in manifest.runs { named.insert(StoreLayout.runName(run.fileID)) }
      for name in try environment.disk.list(folder) where !named.contains(name) && isOwn(name) {
        try environment.disk.remove(folder + "/" + name)
      }
    }
  }

  /// Foreign files are left alone: they may be somebody's, and harm nothing.
  private func isOwn(_ name: String) -> Bool {
    let manifest = state.withLock { $0.files.manifest.number }
    if let number = StoreLayout.manifestNumber(name) { return number < manifest }
    return name.hasSuffix(StoreLayout.temporarySuffix) || (name.hasPrefix("segment-") && name.hasSuffix(".seg"))
      || (name.hasPrefix("run-") && name.hasSuffix(".run"))
  }
}

extension Partition {
  /// Of a reader: takes over the newest files of `needed` partitions together with what the log holds beyond them, each in
  /// one step. `isLoaded` tells which show that log already. `partitions` are all of the store.
  static func refresh(
    _ partitions: [Partition], needed: [Int], _ log: LogReader, isLoaded: (Int) -> Bool
  ) throws(StoreError) {
    var changes: [Int: (files: PartitionFiles, memtable: Memtable)] = [:]
    for number in needed {
      let partition = partitions[number]
      let current = partition.state.withLock { $0.files }
      let files = try PartitionFiles.openNewest(
        partition.manifests, disk: partition.environment.disk, previous: current)
      if isLoaded(number), files.manifest == current.manifest { continue }
      changes[number] = (files, Memtable())
    }
    guard !changes.isEmpty else { return }
    let flushed = partitions.indices.map { changes[$0]?.files.manifest.flushedSequence ?? .max }
    try replay(log, partitions, above: flushed) { (number, routed, rows, sequence) in
      var recoder = BatchRecoder(expected: rows.count)
      changes[number]?.memtable.append(routed.batch, rows, recoder: &recoder, sequence: sequence)
    }
    for (number, change) in changes {
      partitions[number].state.withLock { state in
        state.files = change.files
        state.memtable = change.memtable
      }
    }
  }
}
