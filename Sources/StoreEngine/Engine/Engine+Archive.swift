extension Engine {
  /// Removes files from the archive that no manifest names: those whose rows were written again, and what a crash left
  /// behind. Only under the lock of a store's maintenance, since nobody else writes there. Files with other names are left alone,
  /// and a folder that is another store's is refused.
  /// Returns the names of those that went.
  @discardableResult
  package func sweepArchive() throws(StoreError) -> [String] {
    guard let archive = partitions.first?.archive else { return [] }
    var removed: [String] = []
    // Of events, and of memory units.
    for archive in [archive, archive.units] {
      let orphans = try orphans(archive)
      if orphans.isEmpty { continue }
      try archive.claim()
      for name in orphans { try archive.storage.remove(name) }
      removed += orphans
    }
    return removed
  }

  private func orphans(_ archive: Archive) throws(StoreError) -> [String] {
    let names = try archive.storage.list(Archive.prefix)
    let files = Dictionary(grouping: names) { archive.partition(ofFile: $0) }
    var orphans: [String] = []
    for partition in partitions {
      guard let own = files[partition.number] else { continue }
      var unnamed = try partition.notNamed(own)
      if unnamed.isEmpty { continue }
      // On the strength of a manifest that is durable: whoever committed the newest one may not have lived to sync it.
      _ = try partition.commitAgain()
      if !partition.isReader { try partition.reloadFiles() }
      unnamed = try partition.notNamed(own)
      orphans += unnamed
    }
    return orphans
  }
}

extension Partition {
  /// Those of the archive's files that the newest manifest does not name.
  fileprivate func notNamed(_ files: [String]) throws(StoreError) -> [String] {
    let named = try Set((archivedFiles().files + archivedUnitFiles().files).map(\.path))
    return files.filter { !named.contains($0) }
  }
}
