import Columnar
import StorageIO

/// An archived file that is being written, of events or of memory units, and its index among the files of the partition.
struct ArchiveDraft {
  /// Where the two go.
  struct Place {
    let archive: Archive
    let month: ArchiveMonth
    let partition: Int
    /// Of the partition.
    let folder: String
    let disk: any Disk
    let fileID: UInt64
  }

  let archive: Archive
  let fileID: UInt64
  /// Of the archived file, as its index has it.
  let name: String
  let indexPath: String
  private let kind: FileHeader.Kind
  private let disk: any Disk
  private let output: any ArchiveOutput

  /// Begins the archived file. `kind` is that of its index.
  init(_ place: Place, _ kind: FileHeader.Kind) throws(StoreError) {
    archive = place.archive
    fileID = place.fileID
    disk = place.disk
    self.kind = kind
    name = archive.fileName(place.month, partition: place.partition, fileID: fileID)
    let indexName =
      kind == .unitArchive ? StoreLayout.archivedUnitsName(fileID) : StoreLayout.archiveName(fileID)
    indexPath = place.folder + "/" + indexName
    output = try archive.storage.create(name)
  }

  /// Bytes of the archived file so far.
  var bytes: Int { output.offset }

  func append(_ bytes: [UInt8]) throws(StoreError) { try output.append(bytes) }

  /// Makes the archived file durable.
  func publish() throws(StoreError) { try output.publish() }

  /// The archived file, complete, as the index has it.
  func reference(_ filter: PageReference, _ kind: KeyFilter.Kind) -> ArchivedFileReference {
    ArchivedFileReference(path: name, length: bytes, filter: filter, filterKind: kind)
  }

  /// Begins the index: a file with a header.
  func beginIndex() throws(StoreError) -> FileOutput {
    let index = try FileOutput.create(indexPath, disk: disk)
    try index.append(FileHeader(kind: kind, fileID: fileID).encoded)
    return index
  }

  /// Ends the index with its own page and a trailer, and makes it durable.
  func finish(_ index: FileOutput, _ page: [UInt8]) throws(StoreError) {
    let footer = try index.store(page, codec: .lz4, fileID: fileID)
    try index.append(SegmentTrailer(footer: footer).encoded(fileID: fileID, offset: index.offset))
    try index.publish(disk: disk)
  }

  /// The index as the disk has it.
  func readIndex() throws(StoreError) -> Bytes {
    Bytes(try onDisk { () throws(DiskError) in try disk.map(indexPath) })
  }

  /// Removes both.
  func discard() {
    output.discard()
    disk.discard(indexPath)
  }
}
