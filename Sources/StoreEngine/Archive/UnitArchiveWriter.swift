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

  private let draft: ArchiveDraft
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

  /// Begins a file, in the archive of memory units.
  init(_ place: ArchiveDraft.Place) throws(StoreError) {
    writer = place.archive.format.makeUnitWriter()
    draft = try ArchiveDraft(place, .unitArchive)
    do throws(StoreError) {
      index = try draft.beginIndex()
    } catch {
      draft.discard()
      throw error
    }
  }

  /// Bytes of the archived file so far.
  var bytes: Int { draft.bytes }

  /// Appends a version with its content, which comes after those before in the order of segments.
  func append(_ version: UnitVersion) throws(StoreError) {
    if let last {
      guard UnitVersion.compare(last, version) < 0 else {
        throw StoreError(
          .corruption, file: draft.archive.storage.path(draft.name),
          "memory units are out of order, or one version is there twice")
      }
    }
    if last.map({ UnitVersion.compareKey($0, version.user, version.muid) != 0 }) ?? true {
      hashes.append(version.hash(hashSeed: draft.archive.hashSeed))
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
    try draft.append(end)
    try draft.publish()
    return try finishIndex()
  }

  /// Removes what was begun.
  func discard() { draft.discard() }

  private func writeRowGroup() throws(StoreError) {
    let contents = pending.map { UnitDigest.hash(content: $0.content) }
    var page = ByteWriter(capacity: contents.count * 8)
    for hash in contents { page.append(hash) }
    var bounds = UnitBounds()
    for version in pending { bounds.add(sequence: version.sequence, updatedAt: version.updatedAt) }
    let (first, last) = (pending[0], pending[pending.count - 1])
    var group = UnitSegmentFooter.Group(
      rows: pending.count, header: try index.store(page.bytes, codec: .none, fileID: draft.fileID),
      firstUser: first.user, firstMUID: first.muid, lastUser: last.user, lastMUID: last.muid, bounds: bounds)
    try storeMetadataIndex(&group)
    groups.append(group)
    digests.append(UnitDigest.digest(pending, contents: contents))
    var bytes: [UInt8] = []
    try writer.writeRowGroup(pending, into: &bytes)
    try draft.append(bytes)
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
      let page = try index.store(bytes, codec: .none, fileID: draft.fileID)
      group.metadataFilter = MetadataFilterReference(page: page, kind: kind)
    }
    guard let statistics = survey.statistics() else { return }
    group.metadataStatistics =
      statistics == .empty ? .empty : .page(try index.store(statistics.encoded(), codec: .lz4, fileID: draft.fileID))
  }

  private func finishIndex() throws(StoreError) -> Result {
    // Nothing but the filter tells whether a unit is in the file.
    let (kind, bytes) = KeyFilter.buildExact(hashes)
    let filter = try index.store(bytes, codec: .none, fileID: draft.fileID)
    let footer = UnitArchiveIndex(file: draft.reference(filter, kind), groups: groups, digests: digests)
    try draft.finish(index, footer.encoded())
    try compare()
    return Result(
      summary: UnitSegmentSummary(
        fileID: draft.fileID, length: index.offset, rows: footer.footer.rows, bounds: footer.footer.bounds),
      fileLength: draft.bytes)
  }

  /// Reads both files back from the disk. The rows must be those that were given, in their order.
  private func compare() throws(StoreError) {
    let index = try draft.readIndex()
    try draft.archive.openUnits(index: index, path: draft.indexPath, expectedFileID: draft.fileID).verifyChecksums()
  }
}
