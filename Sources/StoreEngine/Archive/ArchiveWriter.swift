import Columnar
import StorageIO

/// Writes one archived file and its index from rows in the order of segments.
///
/// Holds the rows of one row group, about a quarter of a million.
final class ArchiveWriter {
  /// What was written; durable, not committed.
  struct Result: Sendable {
    let summary: SegmentSummary
    /// Of the archived file.
    let fileLength: Int
  }

  /// Larger files are not written again to add to them, be it events or memory units.
  static let largestMergedFile = 256 << 20

  private static let slicesPerRowGroup = 4
  /// Bytes of texts beyond which a row group ends.
  private static let textLimit = 32 << 20

  private let draft: ArchiveDraft
  private let metadataLimit: Int
  private(set) var writer: any ArchiveFileWriter
  private var pending = EventBatch()
  private var recoder = BatchRecoder()
  /// Where slices begin in `pending`.
  private var starts = [0]
  private var metadataBefore = 0
  private var rowGroups = 0
  private var slices: [ArchiveIndex.Slice] = []
  /// Of every slice the filter of its metadata.
  private var metadataFilters: [(kind: KeyFilter.Kind, bytes: [UInt8])?] = []
  /// Of every slice what is known of the numbers and times in its metadata.
  private var metadataStatistics: [MetadataStatistics?] = []
  private var keyHashes: [UInt64] = []
  private var days = EventDayCollector()

  /// Begins a file; `former` has written a file before.
  init(
    _ place: ArchiveDraft.Place, metadataLimit: Int, after former: (any ArchiveFileWriter)? = nil
  ) throws(StoreError) {
    self.metadataLimit = metadataLimit
    writer = place.archive.format.makeWriter(after: former)
    draft = try ArchiveDraft(place, .archive)
  }

  /// Bytes of the archived file so far.
  var bytes: Int { draft.bytes }

  var rows: Int { keyHashes.count + pending.count }

  /// Appends rows of a batch in the given order, which continues that of the rows before; false where `proceed`, which is
  /// called after every chunk of them, gave up.
  func append(
    _ batch: EventBatch, _ order: [UInt32], proceed: () throws(StoreError) -> Bool
  ) throws(StoreError) -> Bool {
    recoder.reset()
    var next = 0
    while next < order.count {
      let room = min(ScanChunk.rows, SegmentLayout.rowsPerRowGroup - (pending.count - (starts.last ?? 0)))
      next += pending.append(
        batch, order: order[next..<min(order.count, next + room)], recoder: &recoder,
        metadataLimit: metadataBefore + metadataLimit)
      if pending.count - (starts.last ?? 0) == SegmentLayout.rowsPerRowGroup
        || pending.metadatas.arena.count > metadataBefore + metadataLimit
      {
        starts.append(pending.count)
        metadataBefore = pending.metadatas.arena.count
        if starts.count > Self.slicesPerRowGroup || pending.textLength > Self.textLimit {
          try writeRowGroup()
          recoder.reset()
        }
      }
      guard try proceed() else { return false }
    }
    return true
  }

  /// Appends all rows of a batch, which continue those before. What fits into a row group is one as it is: nobody looks up
  /// its texts again. False where `proceed` gave up.
  func append(whole batch: EventBatch, proceed: () throws(StoreError) -> Bool) throws(StoreError) -> Bool {
    let slice = SegmentLayout.rowsPerRowGroup
    guard pending.isEmpty, batch.count <= slice * Self.slicesPerRowGroup, batch.metadatas.arena.count <= metadataLimit,
      batch.textLength <= Self.textLimit
    else { return try append(batch, [UInt32](0..<UInt32(batch.count)), proceed: proceed) }
    pending = batch
    starts = Array(stride(from: 0, through: batch.count, by: slice))
    return try proceed()
  }

  /// Writes the rest and makes the file durable, reads it back and compares it with what was given, then writes the index.
  func finish() throws(StoreError) -> Result {
    if !pending.isEmpty { try writeRowGroup() }
    var end: [UInt8] = []
    try writer.finish(into: &end)
    try draft.append(end)
    try draft.publish()
    return try writeIndex()
  }

  /// Removes what was begun.
  func discard() { draft.discard() }

  private func writeRowGroup() throws(StoreError) {
    if starts.last == pending.count { starts.removeLast() }
    let digest = ContentDigest(pending)
    for (start, end) in zip(starts, starts.dropFirst() + [pending.count]) {
      let times = pending.createdAt[start..<end]
      slices.append(
        ArchiveIndex.Slice(
          entry: SegmentFooter.RowGroupEntry(
            pending, start..<end, header: .nowhere, smallest: times.min() ?? 0, largest: times.max() ?? 0,
            metadataFilter: nil),
          rowGroup: rowGroups, digest: digest.digest(UInt32(start)..<UInt32(end))))
      var filter = MetadataFilterBuilder(rows: end - start)
      filter.add(pending.metadatas, namedBy: pending.metadata[start..<end])
      metadataFilters.append(filter.build())
      metadataStatistics.append(filter.statistics())
    }
    days.insert(high: pending.eventIDHigh, low: pending.eventIDLow)
    keyHashes += pending.keyHashes(hashSeed: draft.archive.hashSeed)
    var bytes: [UInt8] = []
    try writer.writeRowGroup(pending, into: &bytes)
    try draft.append(bytes)
    rowGroups += 1
    pending = EventBatch()
    starts = [0]
    metadataBefore = 0
  }

  private func writeIndex() throws(StoreError) -> Result {
    let file = try draft.beginIndex()
    let fileID = draft.fileID
    let days = days.result
    // Days tell apart nearly all ids that have a time in them; others would be looked for in every file.
    let isToldByDays = !days.hasOtherIDs && !days.isUnknown
    let (kind, filterBytes) = isToldByDays ? KeyFilter.build(keyHashes) : KeyFilter.buildExact(keyHashes)
    let filter = try file.store(filterBytes, codec: .none, fileID: fileID)
    for (slice, built) in metadataFilters.enumerated() {
      guard let (kind, bytes) = built else { continue }
      slices[slice].entry.metadataFilter = MetadataFilterReference(
        page: try file.store(bytes, codec: .none, fileID: fileID), kind: kind)
    }
    for (slice, statistics) in metadataStatistics.enumerated() {
      guard let statistics else { continue }
      slices[slice].entry.metadataStatistics =
        statistics == .empty
        ? .empty : .page(try file.store(statistics.encoded(), codec: .lz4, fileID: fileID))
    }
    let index = ArchiveIndex(file: draft.reference(filter, kind), slices: slices, days: days)
    try compare(with: index)
    try draft.finish(file, index.encoded())
    return Result(
      summary: SegmentSummary(
        fileID: fileID, fileLength: file.offset, rows: index.rows, smallestCreatedAt: index.smallest,
        largestCreatedAt: index.largest), fileLength: draft.bytes)
  }

  /// Reads the file back from the disk. Its rows must be those that were given: every value, in their order.
  private func compare(with index: ArchiveIndex) throws(StoreError) {
    let storage = draft.archive.storage
    let file = try storage.read(draft.name, length: index.file.length)
    guard file.count == index.file.length else {
      throw StoreError(.io, file: storage.path(draft.name), "\(file.count) of \(index.file.length) bytes came back")
    }
    try ArchivedRows(draft.archive, index, file, fileID: draft.fileID).verifyChecksums()
  }
}
