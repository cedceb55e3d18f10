import StorageIO
package import StoreEngine

extension Engine {
  /// Tells other engines what the archive has now, and then removes what nobody should read any more: files whose rows were
  /// written again, and what a crash left behind. Only under the lock of the store's maintenance.
  package func settleArchive() throws(StoreError) {
    guard let archive = partitions.first?.archive else { return }
    var parts: [DeltaTable.Part] = []
    for partition in partitions {
      let (files, manifest) = try partition.archivedFiles()
      parts.append(DeltaTable.Part(partition: partition.number, manifest: manifest, files: files))
    }
    try DeltaTable(archive.storage).reconcile(
      parts, now: environment.clock.now(),
      tableID: EventID(high: environment.entropy.next(), low: environment.entropy.next()).description)
    try sweepArchive()
  }
}
