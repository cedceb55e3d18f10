import Columnar
import StorageIO
import Synchronization

/// One file of the archive, of events or of memory units, as other engines have to know it.
package struct ArchivedFile: Sendable, Hashable {
  /// Relative to the folder of the archive.
  package var path: String
  package var length: Int
  package var rows: Int
  package var month: ArchiveMonth
  /// Bounds of the times that tell months: `created_at` of events, `updated_at` of memory units.
  package var smallestTime: Int64
  package var largestTime: Int64
}

extension Partition {
  /// The archived files that the newest manifest names, and its number.
  package func archivedFiles() throws(StoreError) -> (files: [ArchivedFile], manifest: UInt64) {
    let files = try newestFiles()
    var archived: [ArchivedFile] = []
    for (entry, segment) in zip(files.manifest.segments, files.segments) where entry.tier == .archive {
      guard let rows = segment.rowsElsewhere as? ArchivedRows else { continue }
      archived.append(
        ArchivedFile(
          path: rows.index.path, length: rows.index.fileLength, rows: entry.rows,
          month: ArchiveMonth(of: entry.smallestCreatedAt), smallestTime: entry.smallestCreatedAt,
          largestTime: entry.largestCreatedAt))
    }
    return (archived, files.manifest.number)
  }

  /// The same of archived memory units.
  package func archivedUnitFiles() throws(StoreError) -> (files: [ArchivedFile], manifest: UInt64) {
    let files = try newestFiles()
    let archived = zip(files.manifest.unitSegments, files.unitSegments).compactMap { entry, segment in
      segment.archived.map { index in
        ArchivedFile(
          path: index.path, length: index.fileLength, rows: entry.rows,
          month: ArchiveMonth(of: entry.bounds.smallestUpdatedAt), smallestTime: entry.bounds.smallestUpdatedAt,
          largestTime: entry.bounds.largestUpdatedAt)
      }
    }
    return (archived, files.manifest.number)
  }

  /// Brings the archived events and memory units of a month back to warm segments, one file at a time; nil where there is none, where another
  /// process has the right to change the partition's files, or where `proceed` gave up.
  package func rehydrate(
    _ month: ArchiveMonth, proceed: (_ bytes: Int) throws(StoreError) -> Bool = { _ in true }
  ) throws(StoreError) -> AgeingMove? {
    try maintain { (files) throws(StoreError) in
      let found = zip(files.manifest.segments, files.segments).first { entry, _ in
        entry.tier == .archive && ArchiveMonth(of: entry.smallestCreatedAt) == month
      }
      guard let (entry, segment) = found else { return try rehydrateUnits(month, files, proceed) }
      let sink = SegmentSink(self)
      let segments = try durable { () throws(StoreError) in
        try rewrite(segment, sink, proceed)
      } orElse: {
        discard(segments: sink.fileIDs, runs: [])
      }
      guard let segments else { return nil }
      try replace([entry], by: segments)
      return AgeingMove(
        rows: entry.rows, bytesBefore: entry.length + segment.archivedLength,
        bytesAfter: segments.reduce(0) { $0 + $1.length })
    }
  }

  private func rehydrateUnits(
    _ month: ArchiveMonth, _ files: PartitionFiles, _ proceed: (_ bytes: Int) throws(StoreError) -> Bool
  ) throws(StoreError) -> AgeingMove? {
    let found = zip(files.manifest.unitSegments, files.unitSegments).first { entry, _ in
      entry.tier == .archive && ArchiveMonth(of: entry.bounds.smallestUpdatedAt) == month
    }
    guard let (entry, segment) = found,
      let written = try rewriteUnits([entry], files, tier: .warm, proceed)
    else { return nil }
    return AgeingMove(
      rows: entry.rows, units: entry.rows, bytesBefore: entry.length + segment.archivedLength,
      bytesAfter: written.reduce(0) { $0 + $1.length })
  }

  /// The rows of a segment in warm segments; nil where `proceed` gave up.
  private func rewrite(
    _ segment: Segment, _ sink: SegmentSink, _ proceed: (_ bytes: Int) throws(StoreError) -> Bool
  ) throws(StoreError) -> [Manifest.SegmentEntry]? {
    let merge = SegmentMerge(
      hashSeed: hashSeed, codec: .zstd, level: ageing.withLock { $0 }?.warmLevel ?? Self.warmLevel,
      rowsPerSegment: options.largestSegmentRows, metadataLimit: options.rowGroupMetadataBytes)
    var written = WrittenBytes()
    let summaries = try merge.run(
      [segment], target: sink.next, proceed: { _ throws(StoreError) in try proceed(written.news(sink.bytes)) })
    guard let summaries else { return nil }
    try sink.publish()
    return summaries.map { Manifest.SegmentEntry($0, level: 0, tier: .warm) }
  }
}
