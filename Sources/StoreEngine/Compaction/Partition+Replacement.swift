import StorageIO
import Synchronization

/// What all steps that replace files of a partition have in common: compaction, warming, archiving, expiry.
///
/// Each runs under the lock of maintenance on the newest files, writes new ones, removes them again where it fails or is told
/// to give up, and commits once at its end. So it can be interrupted at any moment, and leaves the partition as it was or
/// as it is to be.
extension Partition {
  static let maintenanceLockName = "maintenance.lock"

  /// The right to replace files of this partition; nil where another process has it.
  func maintenanceLock() throws(StoreError) -> (any DiskLock)? {
    try onDisk { () throws(DiskError) in
      try environment.disk.tryLock(path(Self.maintenanceLockName))
    }
  }

  /// Runs a step on the newest files, under the lock; nil where another process has that.
  func maintain<R>(_ step: (PartitionFiles) throws(StoreError) -> R?) throws(StoreError) -> R? {
    guard let lock = try maintenanceLock() else { return nil }
    defer { lock.release() }
    return try step(try newestFiles())
  }

  /// A reader's own files stay as they are until it refreshes, so those of one step are kept for the next one.
  func newestFiles() throws(StoreError) -> PartitionFiles {
    guard isReader else {
      return try PartitionFiles.openNewest(
        manifests, disk: environment.disk, archive: archive, previous: state.withLock { $0.files })
    }
    let newest = try PartitionFiles.openNewest(
      manifests, disk: environment.disk, archive: archive,
      previous: maintained.withLock { $0 } ?? state.withLock { $0.files })
    maintained.withLock { $0 = newest }
    return newest
  }

  /// Lets go of what maintenance has opened, which may be files that are gone.
  package func endMaintenance() { maintained.withLock { $0 = nil } }

  /// What `write` says of the files that it has written, durable and not committed. Where it fails, or gives up and
  /// returns nil, `discard` removes what it began.
  func durable<R>(
    _ write: () throws(StoreError) -> R?, orElse discard: () -> Void
  ) throws(StoreError) -> R? {
    do throws(StoreError) {
      if let written = try write() {
        try onDisk { () throws(DiskError) in try environment.disk.syncDirectory(folder) }
        return written
      }
    } catch {
      discard()
      throw error
    }
    discard()
    return nil
  }

  /// Commits a change of the manifest, and then removes the files that it replaces. `change` returns false where the files
  /// that it began with are gone, which only the holder of the lock takes away.
  func commit(
    removing names: [String], _ change: (inout Manifest) throws(StoreError) -> Bool
  ) throws(StoreError) {
    guard let committed = try manifests.commit(change) else {
      throw StoreError(.io, file: folder, "another process changed files under the lock of this one")
    }
    // A flush may commit on another thread meanwhile, and what is found is then not known to be synced.
    if !isReader { try reloadFiles() }
    try manifests.removeManifests(before: committed.number)
    for name in names { try remove(name) }
  }
}
