import StorageIO
package import StoreEngine

extension Engine {
  /// Tells other engines what the archive has now, and then removes what nobody should read any more: files whose rows were
  /// written again, and what a crash left behind. Only under the lock of the store's maintenance.
  package func settleArchive() throws(StoreError) {
    guard let archive = partitions.first?.archive else { return }
    try reconcile(archive, DeltaTable(archive.storage, .events)) { (partition) throws(StoreError) in
      try partition.archivedFiles()
    }
    try reconcile(archive.units, DeltaTable(archive.units.storage, .units)) { (partition) throws(StoreError) in
      try partition.archivedUnitFiles()
    }
    try sweepArchive()
  }

  /// Commits what has changed in one of the tables.
  private func reconcile(
    _ archive: Archive, _ table: DeltaTable,
    _ archived: (Partition) throws(StoreError) -> (files: [ArchivedFile], manifest: UInt64)
  ) throws(StoreError) {
    var parts: [DeltaTable.Part] = []
    for partition in partitions {
      let (files, manifest) = try archived(partition)
      parts.append(DeltaTable.Part(partition: partition.number, manifest: manifest, files: files))
    }
    // A folder of which nothing is known, and where nothing of this store is, is left alone.
    var isUsed = parts.contains { !$0.files.isEmpty }
    if !isUsed { isUsed = try !archive.storage.list("_").isEmpty }
    if isUsed { try archive.claim() }
    try table.reconcile(
      parts, now: environment.clock.now(),
      tableID: EventID(high: environment.entropy.next(), low: environment.entropy.next()).description)
  }
}
