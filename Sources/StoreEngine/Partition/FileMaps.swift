import Columnar
import StorageIO

/// The files of a manifest that are opened now, mapped before the first of them is read.
///
/// What an open reads of a file lies at its ends. All ends are asked for at once, so that the disk is waited for once and not
/// for every file; and nothing around them is read, since the machine's guess may be megabytes for each.
struct FileMaps {
  private var mappings: [String: Mapping] = [:]
  /// Of the files that are read as they lie once they are open: all but runs, see `RunSection.readsAround`.
  private var ordinary: [Mapping] = []

  /// The footers of files of usual size are shorter.
  private static let tail = 64 << 10

  init(
    _ manifest: Manifest, folder: String, disk: any Disk, previous: PartitionFiles?
  ) throws(StoreError) {
    var open: Set<UInt64> = []
    if let previous {
      open.formUnion(previous.segments.map(\.fileID))
      open.formUnion((previous.runs + previous.sealedRuns).map(\.fileID))
      open.formUnion(previous.unitSegments.map(\.fileID))
      open.formUnion((previous.expiredKeys + previous.expiredUnitKeys).map(\.fileID))
    }
    func map(_ fileID: UInt64, _ name: String, isRun: Bool = false) throws(StoreError) {
      guard !open.contains(fileID) else { return }
      let path = folder + "/" + name
      let mapping = try onDisk { () throws(DiskError) in try disk.map(path) }
      mapping.expect(.scattered)
      mapping.expect(0..<1)
      mapping.expect(mapping.count - Self.tail..<mapping.count)
      mappings[path] = mapping
      if !isRun { ordinary.append(mapping) }
    }
    for entry in manifest.segments { try map(entry.fileID, StoreLayout.name(of: entry)) }
    for entry in manifest.runs + manifest.sealedRuns {
      try map(entry.fileID, StoreLayout.runName(entry.fileID), isRun: true)
    }
    for entry in manifest.expiredKeys + manifest.expiredUnitKeys {
      try map(entry.fileID, StoreLayout.keysName(entry.fileID))
    }
    for entry in manifest.unitSegments { try map(entry.fileID, StoreLayout.name(of: entry)) }
  }

  /// The bytes of a file, which must be as long as its manifest says.
  func bytes(_ path: String, length: Int) throws(StoreError) -> Bytes {
    guard let mapping = mappings[path] else {
      throw StoreError(.corruption, file: path, "two files of one manifest have one id")
    }
    guard mapping.count == length else {
      throw StoreError(
        .corruption, file: path, offset: min(mapping.count, length),
        "the file has \(mapping.count) bytes, its manifest says \(length)")
    }
    return Bytes(mapping)
  }

  func mapping(_ path: String) -> Mapping? { mappings[path] }

  /// All are open now.
  func finish() {
    for mapping in ordinary { mapping.expect(.ordinary) }
  }
}
