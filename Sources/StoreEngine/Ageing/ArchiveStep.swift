import Columnar

/// What one step of archiving has written, durable and not committed.
struct ArchiveStep {
  private let partition: Partition
  private let archive: Archive
  /// Of all segments that were begun.
  var segmentIDs: [UInt64] = []
  /// What stays of the segments that events were taken from.
  var segments: [Manifest.SegmentEntry] = []
  private(set) var archived: [Manifest.SegmentEntry] = []
  /// Bytes of the archived files beside their indexes.
  private(set) var archivedBytes = 0
  /// Files of the archive whose rows are in the new ones.
  private(set) var mergedFiles: [Manifest.SegmentEntry] = []
  private(set) var mergedBytes = 0
  var movedRows = 0
  private var writers: [ArchiveWriter] = []
  /// Has written the last file.
  private(set) var lastWriter: (any ArchiveFileWriter)?

  /// `former` has written a file of a step before.
  init(_ partition: Partition, _ archive: Archive, after former: (any ArchiveFileWriter)?) {
    self.partition = partition
    self.archive = archive
    lastWriter = former
  }

  /// Writes the events of a month, which are in the order of segments, with those of files that are not much larger; false
  /// where `proceed` gave up.
  mutating func write(
    _ events: EventBatch, _ month: ArchiveMonth, _ files: PartitionFiles, _ proceed: Pace
  ) throws(StoreError) -> Bool {
    try archive.claim()
    let merged = mergeable(month, events.count, files)
    let writer = try ArchiveWriter(
      partition.archivePlace(archive, month), metadataLimit: partition.options.rowGroupMetadataBytes,
      after: lastWriter)
    writers.append(writer)
    var written = WrittenBytes()
    if merged.isEmpty {
      // Nothing comes between them, so they need not go through a scan.
      let isDone = try writer.append(
        whole: events, proceed: { () throws(StoreError) in try proceed(written.news(writer.bytes)) })
      guard isDone else { return false }
    } else {
      let scan = MergedScan(
        [BatchScan(events, order: [UInt32](0..<UInt32(events.count)))] + merged.map { SegmentScan($0.segment) }
          as [any SortedSource])
      while let chunk = try scan.next() {
        let isDone = try writer.append(
          chunk, [UInt32](0..<UInt32(chunk.count)),
          proceed: { () throws(StoreError) in try proceed(written.news(writer.bytes)) })
        guard isDone else { return false }
      }
    }
    let result = try writer.finish()
    lastWriter = writer.writer
    archived.append(Manifest.SegmentEntry(result.summary, level: 0, tier: .archive))
    archivedBytes += result.fileLength
    mergedFiles += merged.map(\.entry)
    mergedBytes += merged.reduce(0) { $0 + $1.segment.archivedLength }
    return try proceed(written.news(result.fileLength))
  }

  /// The files of a month that new rows are written together with.
  private func mergeable(
    _ month: ArchiveMonth, _ rows: Int, _ files: PartitionFiles
  ) -> [(entry: Manifest.SegmentEntry, segment: Segment)] {
    let ofMonth = zip(files.manifest.segments, files.segments).filter { entry, segment in
      entry.archivedMonth == month && segment.archivedLength <= ArchiveWriter.largestMergedFile
    }
    return MergePick.smallest(ofMonth, with: rows) { ($0.0.rows, $0.0.fileID) }.map { (entry: $0.0, segment: $0.1) }
  }

  /// Removes what was written.
  func discard() {
    partition.discard(segments: segmentIDs)
    for writer in writers { writer.discard() }
  }
}
