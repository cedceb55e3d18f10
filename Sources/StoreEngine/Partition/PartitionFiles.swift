import Columnar
package import StorageIO

/// The opened files of one manifest. Immutable: readers keep the one they began with.
package struct PartitionFiles: Sendable {
  package let manifest: Manifest
  /// In the order of the manifest.
  package let segments: [Segment]
  package let runs: [Run]
  /// What expired events have added to the runs.
  package let sealedRuns: [Run]
  package let expiredKeys: [ExpiredKeyFile]
  /// Memory units, in the order of the manifest.
  package let unitSegments: [UnitSegment]
  /// Of versions of memory units.
  package let expiredUnitKeys: [ExpiredKeyFile]
  /// False as long as files of the manifest are not open: then there are none here.
  let isOpen: Bool

  package init(emptyPartition partition: Int) { self.init(unopened: Manifest(partition: partition)) }

  /// A manifest whose files are opened when they are first asked for.
  init(unopened manifest: Manifest) {
    self.manifest = manifest
    segments = []
    runs = []
    sealedRuns = []
    expiredKeys = []
    unitSegments = []
    expiredUnitKeys = []
    isOpen =
      manifest.segments.isEmpty && manifest.runs.isEmpty && manifest.sealedRuns.isEmpty && manifest.expiredKeys.isEmpty
      && manifest.unitSegments.isEmpty && manifest.expiredUnitKeys.isEmpty
  }

  /// Opens what a manifest names, reusing what `previous` has open.
  package init(
    _ manifest: Manifest, folder: String, disk: any Disk, archive: Archive?, previous: PartitionFiles?
  ) throws(StoreError) {
    self.manifest = manifest
    let maps = try FileMaps(manifest, folder: folder, disk: disk, previous: previous)
    var segments: [Segment] = []
    for entry in manifest.segments {
      if let open = previous?.segments.first(where: { $0.fileID == entry.fileID }) {
        segments.append(open)
        continue
      }
      let path = folder + "/" + StoreLayout.name(of: entry)
      let bytes = try maps.bytes(path, length: entry.length)
      if entry.tier == .archive {
        guard let archive else {
          throw StoreError(.invalidArgument, file: path, "a store with an archive, opened without one")
        }
        segments.append(try archive.open(index: bytes, path: path, expectedFileID: entry.fileID))
      } else {
        segments.append(try Segment(bytes: bytes, path: path, expectedFileID: entry.fileID))
      }
    }
    self.segments = segments
    runs = try Self.open(manifest.runs, folder, maps, previous?.runs)
    sealedRuns = try Self.open(manifest.sealedRuns, folder, maps, previous?.sealedRuns)
    expiredKeys = try Self.open(manifest.expiredKeys, folder, maps, previous?.expiredKeys)
    unitSegments = try Self.open(manifest.unitSegments, folder, maps, archive, previous?.unitSegments)
    expiredUnitKeys = try Self.open(manifest.expiredUnitKeys, folder, maps, previous?.expiredUnitKeys)
    maps.finish()
    isOpen = true
  }

  private static func open(
    _ entries: [Manifest.KeyFileEntry], _ folder: String, _ maps: FileMaps, _ previous: [ExpiredKeyFile]?
  ) throws(StoreError) -> [ExpiredKeyFile] {
    var files: [ExpiredKeyFile] = []
    for entry in entries {
      if let open = previous?.first(where: { $0.fileID == entry.fileID }) {
        files.append(open)
        continue
      }
      let path = folder + "/" + StoreLayout.keysName(entry.fileID)
      let bytes = try maps.bytes(path, length: entry.length)
      let keys = try ExpiredKeyFile(bytes: bytes, path: path, expectedFileID: entry.fileID)
      guard keys.count == entry.keys else {
        throw StoreError(.corruption, file: path, "\(keys.count) keys where the manifest says \(entry.keys)")
      }
      files.append(keys)
    }
    return files
  }

  private static func open(
    _ entries: [Manifest.RunEntry], _ folder: String, _ maps: FileMaps, _ previous: [Run]?
  ) throws(StoreError) -> [Run] {
    var runs: [Run] = []
    for entry in entries {
      if let open = previous?.first(where: { $0.fileID == entry.fileID }) {
        runs.append(open)
        continue
      }
      let path = folder + "/" + StoreLayout.runName(entry.fileID)
      let bytes = try maps.bytes(path, length: entry.length)
      runs.append(
        try Run(bytes: bytes, path: path, expectedFileID: entry.fileID, mapping: maps.mapping(path)))
    }
    return runs
  }

  private static func open(
    _ entries: [Manifest.UnitEntry], _ folder: String, _ maps: FileMaps, _ archive: Archive?,
    _ previous: [UnitSegment]?
  ) throws(StoreError) -> [UnitSegment] {
    var segments: [UnitSegment] = []
    for entry in entries {
      if let open = previous?.first(where: { $0.fileID == entry.fileID }) {
        segments.append(open)
        continue
      }
      let path = folder + "/" + StoreLayout.name(of: entry)
      let bytes = try maps.bytes(path, length: entry.length)
      let segment: UnitSegment
      if entry.tier == .archive {
        guard let archive else {
          throw StoreError(.invalidArgument, file: path, "a store with an archive, opened without one")
        }
        segment = try archive.units.openUnits(index: bytes, path: path, expectedFileID: entry.fileID)
      } else {
        segment = try UnitSegment(bytes: bytes, path: path, expectedFileID: entry.fileID)
      }
      guard segment.rows == entry.rows, segment.bounds == entry.bounds else {
        throw StoreError(.corruption, file: path, "other rows than those of which the manifest speaks")
      }
      segments.append(segment)
    }
    return segments
  }

  /// Opens the newest manifest of a partition. Where a file of it is gone a newer manifest must exist; the same one
  /// with a missing file is damage.
  package static func openNewest(
    _ manifests: ManifestStore, disk: any Disk, archive: Archive?, previous: PartitionFiles?
  ) throws(StoreError) -> PartitionFiles {
    var missing: (number: UInt64, error: StoreError)?
    while true {
      let manifest = try manifests.newest()
      if let previous, previous.isOpen, previous.manifest == manifest { return previous }
      do {
        return try PartitionFiles(
          manifest, folder: manifests.folder, disk: disk, archive: archive, previous: previous)
      } catch  where error.kind == .notFound {
        if let missing, missing.number == manifest.number {
          let isArchived = error.file.map { !$0.hasPrefix(manifests.folder + "/") } ?? false
          throw StoreError(
            .corruption, file: error.file,
            "named by manifest \(manifest.number), but not there"
              + (isArchived ? "; see that the archive's folder is mounted, and where the policy says that it is" : ""))
        }
        missing = (manifest.number, error)
      }
    }
  }
}
