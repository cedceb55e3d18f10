import Columnar
import StorageIO

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

  /// Larger files are not written again to add to them.
  static let largestMergedFile = 256 << 20

  /// `former` has written a file of a step before.
  init(_ partition: Partition, _ archive: Archive, after former: (any ArchiveFileWriter)?) {
    self.partition = partition
    self.archive = archive
    lastWriter = former
  }

  /// Writes the events of a month, which are in the order of segments, with those of files that are not much larger; false
  /// where `proceed` gave up.
  mutating func write(
    _ events: EventBatch, _ month: ArchiveMonth, _ files: PartitionFiles,
    _ proceed: (_ bytes: Int) throws(StoreError) -> Bool
  ) throws(StoreError) -> Bool {
    try archive.claim()
    let merged = mergeable(month, events.count, files)
    let writer = try ArchiveWriter(
      archive, month: month, partition: partition.number, folder: partition.folder,
      disk: partition.environment.disk, fileID: partition.environment.entropy.next(),
      metadataLimit: partition.options.rowGroupMetadataBytes, after: lastWriter)
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

  /// The files of a month that new rows are written together with: always the smaller ones, and then every one that is at
  /// most twice as large as all before it.
  private func mergeable(
    _ month: ArchiveMonth, _ rows: Int, _ files: PartitionFiles
  ) -> [(entry: Manifest.SegmentEntry, segment: Segment)] {
    var sum = rows
    var merged: [(entry: Manifest.SegmentEntry, segment: Segment)] = []
    let ofMonth = zip(files.manifest.segments, files.segments).filter { entry, segment in
      entry.tier == .archive && ArchiveMonth(of: entry.smallestCreatedAt) == month
        && segment.archivedLength <= Self.largestMergedFile
    }
    for (entry, segment) in ofMonth.sorted(by: { ($0.0.rows, $0.0.fileID) < ($1.0.rows, $1.0.fileID) }) {
      guard entry.rows <= 2 * sum else { break }
      sum += entry.rows
      merged.append((entry, segment))
    }
    return merged
  }

  /// Removes what was written.
  func discard() {
    partition.discard(segments: segmentIDs, runs: [])
    for writer in writers { writer.discard() }
  }
}
