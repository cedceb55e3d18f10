import Columnar
package import StorageIO

/// The numbered manifests in a partition's folder: finding the newest, and committing the next.
package struct ManifestStore: Sendable {
  private let environment: StorageEnvironment
  package let folder: String
  private let partition: Int

  package init(environment: StorageEnvironment, folder: String, partition: Int) {
    self.environment = environment
    self.folder = folder
    self.partition = partition
  }

  /// The number of the newest manifest; 0 where there is none.
  package func newestNumber() throws(StoreError) -> UInt64 { try numbers().max() ?? 0 }

  /// Commits the empty state as the first manifest of a new partition; where that was done already, once more under a number of
  /// its own, since whoever did it may not have lived to sync it, and no later sync would make up for one that failed.
  func commitFirst() throws(StoreError) {
    _ = try commit(isFirst: true) { _ in true }
  }

  /// The file of a manifest.
  func path(_ number: UInt64) -> String { folder + "/" + StoreLayout.manifestName(number) }

  /// The manifest of a number that was found to be the newest; a newer one where it has gone since.
  func newest(found number: UInt64) throws(StoreError) -> Manifest {
    do {
      if number > 0 { return try read(number) }
    } catch  where error.kind == .notFound {}
    return try newest()
  }

  /// The newest manifest.
  package func newest() throws(StoreError) -> Manifest {
    var misses = 0
    while true {
      guard let number = try numbers().max() else {
        // Listing a folder in which one manifest replaces another may show neither.
        misses += 1
        if misses < 3 { continue }
        throw StoreError(.corruption, file: folder, "a partition without a manifest")
      }
      do {
        return try read(number)
      } catch  where error.kind == .notFound {
        // A newer one replaced it between listing and reading.
        continue
      }
    }
  }

  private func read(_ number: UInt64) throws(StoreError) -> Manifest {
    let path = path(number)
    let bytes = try onDisk { () throws(DiskError) in try environment.disk.read(path) }
    let manifest: Manifest
    do {
      manifest = try Manifest(Bytes(bytes))
    } catch {
      throw StoreError(error, file: path)
    }
    guard manifest.number == number, manifest.partition == partition else {
      throw StoreError(
        .corruption, file: path, "manifest \(manifest.number) of partition \(manifest.partition) under another name")
    }
    return manifest
  }

  /// Applies `change` to the newest manifest and commits the result as the next number.
  ///
  /// Where another process commits first, starts again from what it committed; `change` returns false to give up because
  /// it no longer applies, and must do so where it is in the manifest already. Returns the committed manifest, or nil
  /// where it was given up.
  package func commit(
    isFirst: Bool = false, _ change: (inout Manifest) throws(StoreError) -> Bool
  ) throws(StoreError) -> Manifest? {
    let disk = environment.disk
    let temporary =
      folder + "/manifest-" + StoreLayout.hex(environment.entropy.next(), digits: 16)
      + StoreLayout.temporarySuffix
    while true {
      let isMissing = isFirst ? try newestNumber() == 0 : false
      var manifest = isMissing ? Manifest(partition: partition) : try newest()
      guard try change(&manifest) else { return nil }
      manifest.number += 1
      let bytes = manifest.encoded(fileID: environment.entropy.next())
      let name = folder + "/" + StoreLayout.manifestName(manifest.number)
      do {
        let file = try disk.open(temporary, .create)
        try file.write(bytes, at: 0)
        try file.sync()
        try file.close()
        try disk.link(temporary, name)
        try disk.remove(temporary)
        try disk.syncDirectory(folder)
      } catch  where error.kind == .alreadyExists && error.path != temporary {
        try onDisk { () throws(DiskError) in try disk.remove(temporary) }
        continue
      } catch {
        try? disk.remove(temporary)
        throw StoreError(error)
      }
      // The number was free, but perhaps only because others had committed it and more meanwhile, and deleted it. Then
      // this commit is behind theirs and lost, unless they built on it.
      var newest = try newest()
      if newest.number == manifest.number { return manifest }
      if try !change(&newest) { return manifest }
    }
  }

  /// Deletes manifests older than `number`, the newest first left for readers that are just opening it.
  package func removeManifests(before number: UInt64) throws(StoreError) {
    for old in try numbers() where old < number {
      do {
        try environment.disk.remove(folder + "/" + StoreLayout.manifestName(old))
      } catch  where error.kind == .notFound {
        continue
      } catch {
        throw StoreError(error)
      }
    }
  }

  private func numbers() throws(StoreError) -> [UInt64] {
    try onDisk { () throws(DiskError) in try environment.disk.list(folder) }
      .compactMap(StoreLayout.manifestNumber)
  }
}
