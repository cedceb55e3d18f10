import StorageIO

extension Engine {
  /// Removes files from the archive that no manifest names: those whose rows were written again, and what a crash left
  /// behind. Only under the lock of a store's maintenance, since nobody else writes there. Files of others are left alone.
  /// Returns the names of those that went.
  @discardableResult
  package func sweepArchive() throws(StoreError) -> [String] {
    guard let archive = partitions.first?.archive else { return [] }
    var removed: [String] = []
    // Of events, and of memory units.
    for archive in [archive, archive.units] {
      let orphans = try orphans(archive)
      for name in orphans { try archive.storage.remove(name) }
      removed += orphans
    }
    return removed
  }

  private func orphans(_ archive: Archive) throws(StoreError) -> [String] {
    var names = try archive.storage.list(Archive.prefix).filter(archive.isOwn)
    if names.isEmpty { return [] }
    var named: Set<String> = []
    for partition in partitions {
      // Whoever committed the newest manifest may not have lived to sync it.
      try onDisk { () throws(DiskError) in try environment.disk.syncDirectory(partition.folder) }
      for file in try partition.archivedFiles().files + partition.archivedUnitFiles().files { named.insert(file.path) }
    }
    names.removeAll(where: named.contains)
    return names
  }
}
