import Columnar

/// The archive of a store: files by month that other engines read too. See Formats/archive.md.
package struct Archive: Sendable {
  /// Of events, or of memory units where it is `units`.
  package let storage: any ArchiveStorage
  /// Of memory units.
  private let unitStorage: any ArchiveStorage
  package let format: any ArchiveFormat
  /// The store's.
  package let hashSeed: UInt64
  let cache: ArchiveCache
  private let owner: ArchiveOwner
  private let unitOwner: ArchiveOwner

  /// The first part of the names of all files begins so; the rest of it is their month, which other engines take for a
  /// column.
  package static let prefix = "month="

  package init(
    storage: any ArchiveStorage, unitStorage: any ArchiveStorage, format: any ArchiveFormat, hashSeed: UInt64,
    cacheBytes: Int
  ) {
    self.storage = storage
    self.unitStorage = unitStorage
    self.format = format
    self.hashSeed = hashSeed
    cache = ArchiveCache(limit: cacheBytes)
    owner = ArchiveOwner(storage, beside: unitStorage, hashSeed: hashSeed)
    unitOwner = ArchiveOwner(unitStorage, beside: storage, hashSeed: hashSeed)
  }

  private init(
    _ other: Archive, storage: any ArchiveStorage, owner: ArchiveOwner, writing format: any ArchiveFormat
  ) {
    self.storage = storage
    unitStorage = other.unitStorage
    self.format = format
    hashSeed = other.hashSeed
    cache = other.cache
    self.owner = owner
    unitOwner = other.unitOwner
  }

  /// The same archive, whose new files are written in another form.
  package func writing(_ format: any ArchiveFormat) -> Archive {
    Archive(self, storage: storage, owner: owner, writing: format)
  }

  /// Bytes of memory that row groups of archived files take now.
  package var cachedBytes: Int { cache.used }

  /// The archive of memory units, in a folder of its own: the same in all else.
  package var units: Archive {
    Archive(self, storage: unitStorage, owner: unitOwner, writing: format)
  }

  /// Takes the folder for the store, or fails where it belongs to another one; before anything is written or removed there.
  package func claim() throws(StoreError) { try owner.claim() }

  func fileName(_ month: ArchiveMonth, partition: Int, fileID: UInt64) -> String {
    Self.prefix + "\(month)/part-" + StoreLayout.hex(UInt64(partition), digits: 2) + "-"
      + StoreLayout.hex(fileID, digits: 16) + "." + format.fileExtension
  }

  /// The partition of a file that bears a name as this project gives them, finished or not; nil for any other, which is left
  /// alone.
  func partition(ofFile name: String) -> Int? {
    var name = name[...]
    if name.hasSuffix(StoreLayout.temporarySuffix) { name = name.dropLast(StoreLayout.temporarySuffix.count) }
    guard name.hasPrefix(Self.prefix), name.hasSuffix("." + format.fileExtension),
      let slash = name.firstIndex(of: "/")
    else { return nil }
    let parts = name[name.index(after: slash)...].dropLast(format.fileExtension.utf8.count + 1)
      .split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "part", let fileID = UInt64(parts[2], radix: 16),
      StoreLayout.hex(fileID, digits: 16) == parts[2]
    else { return nil }
    return Int(parts[1], radix: 16)
  }

  /// Opens the segment that stands for an archived file: its index, and the file itself, so that neither can go while
  /// somebody reads.
  func open(index bytes: Bytes, path: String, expectedFileID: UInt64) throws(StoreError) -> Segment {
    let opened = try ArchiveIndex.open(bytes, path: path, expectedFileID: expectedFileID)
    let file = try open(opened.index.file, index: path)
    let rows = ArchivedRows(self, opened.index, file, fileID: expectedFileID)
    return Segment(
      bytes: bytes, path: path, header: opened.header, trailer: opened.trailer, footer: opened.index.footer, rows: rows)
  }

  /// The same of memory units, of `units`.
  func openUnits(index bytes: Bytes, path: String, expectedFileID: UInt64) throws(StoreError) -> UnitSegment {
    let opened = try UnitArchiveIndex.open(bytes, path: path, expectedFileID: expectedFileID)
    let index = opened.index
    let file = try open(index.file, index: path)
    let rows = ArchivedUnits(self, index, file, fileID: expectedFileID, indexBytes: bytes, indexPath: path)
    return UnitSegment(bytes: bytes, path: path, header: opened.header, footer: index.footer, rows: rows)
  }

  private func open(_ wanted: ArchivedFileReference, index: String) throws(StoreError) -> Bytes {
    let file = try storage.open(wanted.path)
    guard file.count == wanted.length else {
      throw StoreError(
        .corruption, file: storage.path(wanted.path), offset: min(file.count, wanted.length),
        "the file has \(file.count) bytes, its index \(index) says \(wanted.length)")
    }
    return file
  }
}
