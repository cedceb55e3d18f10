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
  func removeOrphans() throws(StoreError) {
    guard let lock = try maintenanceLock() else { return }
    defer { lock.release() }
    // What was committed before the lock was taken counts.
    try reloadFiles()
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
  /// Of a reader: the memtable anew from the log and the files that are loaded.
  func rebuildMemtable(_ log: LogReader) throws(StoreError) {
    var memtable = Memtable(hashSeed: hashSeed)
    let flushed = state.withLock { $0.files.manifest.flushedSequence }
    try log.replay(partition: number, above: flushed) { (sequence, section) throws(StoreError) in
      let map = memtable.intern(section)
      memtable.append(section, 0..<section.count, map: map, sequence: sequence)
    }
    state.withLock { $0.memtable = memtable }
  }
}
