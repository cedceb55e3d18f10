import Columnar
import StorageIO
import Synchronization

extension Partition {
  /// Applies what the log holds beyond the manifest.
  func recover(_ log: LogReader) throws(StoreError) {
    let flushed = state.withLock { $0.files.manifest.flushedSequence }
    try log.replay(partition: number, above: flushed) { (sequence, section) throws(StoreError) in
      apply(section, sequence: sequence)
    }
  }

  /// Deletes files that no manifest names: what a crash left behind. Only the writer at its open does so, and only where
  /// no maintenance is at work in the folder.
  func settleFiles() throws(StoreError) {
    let lock = try maintenanceLock()
    defer { lock?.release() }
    // What was committed before the lock was taken counts.
    try reloadFiles()
    if lock != nil { try removeOrphans() }
  }

  private func removeOrphans() throws(StoreError) {
    let manifest = state.withLock { $0.files.manifest }
    var named: Set<String> = [StoreLayout.manifestName(manifest.number), Self.maintenanceLockName]
    for segment in manifest.segments { named.insert(StoreLayout.segmentName(segment.fileID)) }
    for run in manifest.runs { named.insert(StoreLayout.runName(run.fileID)) }
    let names = try onDisk { () throws(DiskError) in try environment.disk.list(folder) }
    let orphans = names.filter { !named.contains($0) && isOwn($0) }
    guard !orphans.isEmpty else { return }
    try makeDurable()
    try onDisk { () throws(DiskError) in
      for name in orphans { try environment.disk.remove(folder + "/" + name) }
    }
  }

  /// Makes the manifest that was found at the open durable, once, before the log or older files go on the strength of it:
  /// whoever committed it may not have lived to sync it. An open after which nothing goes waits for no sync.
  func makeDurable() throws(StoreError) {
    if isDurable.load(ordering: .acquiring) { return }
    try onDisk { () throws(DiskError) in try environment.disk.syncDirectory(folder) }
    isDurable.store(true, ordering: .releasing)
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
  /// Of a reader: takes over the newest files together with what the log holds beyond them, in one step.
  func refresh(_ log: LogReader, isNewLog: Bool) throws(StoreError) {
    let current = state.withLock { $0.files }
    let files = try PartitionFiles.openNewest(manifests, disk: environment.disk, previous: current)
    guard isNewLog || files.manifest != current.manifest else { return }
    var memtable = Memtable(hashSeed: hashSeed)
    let flushed = files.manifest.flushedSequence
    try log.replay(partition: number, above: flushed) { (sequence, section) throws(StoreError) in
      let map = memtable.intern(section)
      memtable.append(section, 0..<section.count, map: map, sequence: sequence)
    }
    state.withLock { state in
      state.files = files
      state.memtable = memtable
    }
  }
}
