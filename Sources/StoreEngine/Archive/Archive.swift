import Columnar

/// The archive of a store: files by month that other engines read too. See Formats/archive.md.
package struct Archive: Sendable {
  package let storage: any ArchiveStorage
  package let format: any ArchiveFormat
  /// The store's.
  package let hashSeed: UInt64
  let cache: ArchiveCache
  private let owner: ArchiveOwner

  /// The first part of the names of all files begins so; the rest of it is their month, which other engines take for a
  /// column.
  package static let prefix = "month="

  package init(storage: any ArchiveStorage, format: any ArchiveFormat, hashSeed: UInt64, cacheBytes: Int) {
    self.storage = storage
    self.format = format
    self.hashSeed = hashSeed
    cache = ArchiveCache(limit: cacheBytes)
    owner = ArchiveOwner(storage, hashSeed: hashSeed)
  }

  private init(_ other: Archive, writing format: any ArchiveFormat) {
    storage = other.storage
    self.format = format
    hashSeed = other.hashSeed
    cache = other.cache
    owner = other.owner
  }

  /// The same archive, whose new files are written in another form.
  package func writing(_ format: any ArchiveFormat) -> Archive {
    Archive(self, writing: format)
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
    let (header, trailer, index) = try ArchiveIndex.open(bytes, path: path)
    guard header.fileID == expectedFileID else {
      throw StoreError(
        .corruption, file: path, offset: 16, "file id \(header.fileID) where \(expectedFileID) belongs")
    }
    let file = try storage.open(index.path)
    guard file.count == index.fileLength else {
      throw StoreError(
        .corruption, file: storage.path(index.path), offset: min(file.count, index.fileLength),
        "the file has \(file.count) bytes, its index \(path) says \(index.fileLength)")
    }
    let rows = ArchivedRows(self, index, file, fileID: header.fileID)
    return Segment(
      bytes: bytes, path: path, header: header, trailer: trailer, footer: index.footer, rows: rows)
  }
}
