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

  init(_ partition: Partition, _ archive: Archive) {
    self.partition = partition
    self.archive = archive
  }

  /// Writes rows of a month, which are in the order of segments, with those of files that are not much larger; false where
  /// `proceed` gave up.
  mutating func write(
    _ batch: EventBatch, _ rows: [UInt32], _ month: ArchiveMonth, _ files: PartitionFiles, _ proceed: Pace
  ) throws(StoreError) -> Bool {
    try archive.claim()
    let merged = mergeable(month, rows.count, files)
    let writer = try ArchiveWriter(
      partition.archivePlace(archive, month), metadataLimit: partition.options.rowGroupMetadataBytes,
      after: writers.last)
    writers.append(writer)
    var written = WrittenBytes()
    func append(_ batch: EventBatch, _ rows: [UInt32]) throws(StoreError) -> Bool {
      try writer.append(batch, rows, proceed: { () throws(StoreError) in try proceed(written.news(writer.bytes)) })
    }
    if merged.isEmpty {
      // Nothing comes between them, so they need not go through a scan.
      guard try append(batch, rows) else { return false }
    } else {
      let scan = MergedScan(
        [BatchScan(batch, order: rows)] + merged.map { SegmentScan($0.segment) } as [any SortedSource])
      while let chunk = try scan.next() {
        guard try append(chunk, [UInt32](0..<UInt32(chunk.count))) else { return false }
      }
    }
    let result = try writer.finish()
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
