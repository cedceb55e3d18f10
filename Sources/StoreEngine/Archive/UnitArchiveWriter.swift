import Columnar
import StorageIO

/// Writes one archived file of memory units and its index from versions in the order of segments.
///
/// Holds the versions of one row group, see `UnitLayout`.
final class UnitArchiveWriter {
  /// What was written; durable, not committed.
  struct Result: Sendable {
    let summary: UnitSegmentSummary
    /// Of the archived file.
    let fileLength: Int
  }

  private let archive: Archive
  private let disk: any Disk
  private let fileID: UInt64
  private let name: String
  private let indexPath: String
  private let output: any ArchiveOutput
  private let index: FileOutput
  private var writer: any ArchivedUnitWriter
  private var pending: [UnitVersion] = []
  private var textLength = 0
  private var contentLength = 0
  private var groups: [UnitSegmentFooter.Group] = []
  private var digests: [UInt64] = []
  /// Of every unit, once.
  private var hashes: [UInt64] = []
  private var last: UnitVersion?

  /// Begins a file of a month in the archive of memory units; `folder` is the partition's, for the index.
  init(
    _ archive: Archive, month: ArchiveMonth, partition: Int, folder: String, disk: any Disk, fileID: UInt64
  ) throws(StoreError) {
    self.archive = archive
    self.disk = disk
    self.fileID = fileID
    name = archive.fileName(month, partition: partition, fileID: fileID)
    indexPath = folder + "/" + StoreLayout.archivedUnitsName(fileID)
    writer = archive.format.makeUnitWriter()
    let output = try archive.storage.create(name)
    do throws(StoreError) {
      index = try FileOutput.create(indexPath, disk: disk)
    } catch {
      output.discard()
      throw error
    }
    self.output = output
    try index.append(FileHeader(kind: .unitArchive, fileID: fileID).encoded)
  }

  /// Bytes of the archived file so far.
  var bytes: Int { output.offset }

  /// Appends a version with its content, which comes after those before in the order of segments.
  func append(_ version: UnitVersion) throws(StoreError) {
    if let last {
      guard UnitVersion.compare(last, version) < 0 else {
        throw StoreError(
          .corruption, file: archive.storage.path(name), "memory units are out of order, or one version is there twice")
      }
    }
    if last.map({ UnitVersion.compareKey($0, version.user, version.muid) != 0 }) ?? true {
      hashes.append(version.hash(hashSeed: archive.hashSeed))
    }
    last = version
    pending.append(version)
    textLength += version.fields.title.count + version.fields.metadata.count
    contentLength += version.content.count
    if pending.count == UnitLayout.rowsPerArchivedGroup || textLength >= UnitLayout.archivedTextLength
      || contentLength >= UnitLayout.archivedContentLength
    {
      try writeRowGroup()
    }
  }

  /// Writes the rest and makes the file durable, reads it back and compares it with what was given, then ends the index.
  func finish() throws(StoreError) -> Result {
    if !pending.isEmpty { try writeRowGroup() }
    var end: [UInt8] = []
    try writer.finish(into: &end)
    try output.append(end)
    try output.publish()
    return try finishIndex()
  }

  /// Removes what was begun.
  func discard() {
    output.discard()
    for suffix in ["", StoreLayout.temporarySuffix] { try? disk.remove(indexPath + suffix) }
  }

  private func writeRowGroup() throws(StoreError) {
    let contents = pending.map { UnitDigest.hash(content: $0.content) }
    var page = ByteWriter(capacity: contents.count * 8)
    for hash in contents { page.append(hash) }
    var bounds = UnitBounds()
    for version in pending { bounds.add(sequence: version.sequence, updatedAt: version.updatedAt) }
    let (first, last) = (pending[0], pending[pending.count - 1])
    var group = UnitSegmentFooter.Group(
      rows: pending.count, header: try index.store(page.bytes, codec: .none, fileID: fileID), firstUser: first.user,
      firstMUID: first.muid, lastUser: last.user, lastMUID: last.muid, bounds: bounds)
    try storeMetadataIndex(&group)
    groups.append(group)
    digests.append(UnitDigest.digest(pending, contents: contents))
    var bytes: [UInt8] = []
    try writer.writeRowGroup(pending, into: &bytes)
    try output.append(bytes)
    pending.removeAll(keepingCapacity: true)
    textLength = 0
    contentLength = 0
  }

  /// Writes the filter and the statistics of the metadata of the versions at hand.
  private func storeMetadataIndex(_ group: inout UnitSegmentFooter.Group) throws(StoreError) {
    var texts = ByteStringDictionary()
    let codes = pending.map { texts.intern($0.fields.metadata) }
    var survey = MetadataFilterBuilder(rows: pending.count)
    survey.add(texts, namedBy: codes[...])
    if let (kind, bytes) = survey.build() {
      let page = try index.store(bytes, codec: .none, fileID: fileID)
      group.metadataFilter = MetadataFilterReference(page: page, kind: kind)
    }
    guard let statistics = survey.statistics() else { return }
    group.metadataStatistics =
      statistics == .empty ? .empty : .page(try index.store(statistics.encoded(), codec: .lz4, fileID: fileID))
  }

  private func finishIndex() throws(StoreError) -> Result {
    // Nothing but the filter tells whether a unit is in the file.
    let (kind, bytes) = KeyFilter.buildExact(hashes)
    let filter = try index.store(bytes, codec: .none, fileID: fileID)
    let footer = UnitArchiveIndex(
      path: name, fileLength: output.offset, groups: groups, digests: digests, filter: filter, filterKind: kind)
    let page = try index.store(footer.encoded(), codec: .lz4, fileID: fileID)
    try index.append(SegmentTrailer(footer: page).encoded(fileID: fileID, offset: index.offset))
    try index.publish(disk: disk)
    try compare()
    return Result(
      summary: UnitSegmentSummary(
        fileID: fileID, length: index.offset, rows: footer.footer.rows, bounds: footer.footer.bounds),
      fileLength: output.offset)
  }

  /// Reads both files back from the disk. The rows must be those that were given, in their order.
  private func compare() throws(StoreError) {
    let bytes = Bytes(try onDisk { () throws(DiskError) in try disk.map(indexPath) })
    try archive.openUnits(index: bytes, path: indexPath, expectedFileID: fileID).verifyChecksums()
  }
}
