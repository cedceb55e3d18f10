import StorageIO

extension Partition {
  /// The archived files that the newest manifest names, and its number.
  package func archivedFiles() throws(StoreError) -> (files: [ArchivedFile], manifest: UInt64) {
    let files = try newestFiles()
    let archived = zip(files.manifest.segments, files.segments).compactMap { entry, segment in
      (segment.rowsElsewhere as? ArchivedRows).map { rows in
        ArchivedFile(
          rows.index.file, rows: entry.rows, smallestTime: entry.smallestCreatedAt,
          largestTime: entry.largestCreatedAt)
      }
    }
    return (archived, files.manifest.number)
  }

  /// The same of archived memory units.
  package func archivedUnitFiles() throws(StoreError) -> (files: [ArchivedFile], manifest: UInt64) {
    let files = try newestFiles()
    let archived = zip(files.manifest.unitSegments, files.unitSegments).compactMap { entry, segment in
      segment.archived.map { index in
        ArchivedFile(
          index.file, rows: entry.rows, smallestTime: entry.bounds.smallestUpdatedAt,
          largestTime: entry.bounds.largestUpdatedAt)
      }
    }
    return (archived, files.manifest.number)
  }

  /// Where a new file of a month and its index go.
  func archivePlace(_ archive: Archive, _ month: ArchiveMonth) -> ArchiveDraft.Place {
    ArchiveDraft.Place(
      archive: archive, month: month, partition: number, folder: folder, disk: environment.disk,
      fileID: environment.entropy.next())
  }

  /// Brings the archived events and memory units of a month back to warm segments, one file at a time; nil where there is none, where another
  /// process has the right to change the partition's files, or where `proceed` gave up.
  package func rehydrate(_ month: ArchiveMonth, proceed: Pace = { _ in true }) throws(StoreError) -> AgeingMove? {
    try maintain { (files) throws(StoreError) in
      let found = zip(files.manifest.segments, files.segments).first { entry, _ in entry.archivedMonth == month }
      guard let (entry, segment) = found else { return try rehydrateUnits(month, files, proceed) }
      var fileIDs: [UInt64] = []
      let segments = try durable { () throws(StoreError) in
        try merge([segment], .warm, level: 0, &fileIDs, proceed)
      } orElse: {
        discard(segments: fileIDs)
      }
      guard let segments else { return nil }
      try replace([entry], by: segments)
      return AgeingMove(
        rows: entry.rows, bytesBefore: entry.length + segment.archivedLength,
        bytesAfter: segments.reduce(0) { $0 + $1.length })
    }
  }

  private func rehydrateUnits(
    _ month: ArchiveMonth, _ files: PartitionFiles, _ proceed: Pace
  ) throws(StoreError) -> AgeingMove? {
    let found = zip(files.manifest.unitSegments, files.unitSegments).first { entry, _ in entry.archivedMonth == month }
    guard let (entry, segment) = found,
      let written = try rewriteUnits([entry], files, tier: .warm, proceed)
    else { return nil }
    return AgeingMove(
      rows: entry.rows, units: entry.rows, bytesBefore: entry.length + segment.archivedLength,
      bytesAfter: written.reduce(0) { $0 + $1.length })
  }
}

extension Manifest.SegmentEntry {
  /// Of a file of the archive; nil for others.
  var archivedMonth: ArchiveMonth? { tier == .archive ? ArchiveMonth(of: smallestCreatedAt) : nil }
}

extension Manifest.UnitEntry {
  /// Of a file of the archive; nil for others.
  var archivedMonth: ArchiveMonth? { tier == .archive ? ArchiveMonth(of: bounds.smallestUpdatedAt) : nil }
}
