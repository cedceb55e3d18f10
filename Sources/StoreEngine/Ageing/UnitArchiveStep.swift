import Columnar

/// What one step of archiving memory units has written, durable and not committed.
struct UnitArchiveStep {
  private let partition: Partition
  private let archive: Archive
  /// Of all segments that were begun.
  private var segmentIDs: [UInt64] = []
  /// What stays of the segments that versions were taken from.
  private(set) var segments: [Manifest.UnitEntry] = []
  private(set) var archived: [Manifest.UnitEntry] = []
  /// Bytes of the archived files beside their indexes.
  private(set) var archivedBytes = 0
  /// Files of the archive whose versions are in the new ones.
  private(set) var mergedFiles: [Manifest.UnitEntry] = []
  private(set) var mergedBytes = 0
  private var writers: [UnitArchiveWriter] = []

  init(_ partition: Partition, _ archive: Archive) {
    self.partition = partition
    self.archive = archive.units
  }

  /// Writes versions of a month, `rows` of them, with those of files that are not much larger; false where `proceed` gave up.
  mutating func write(
    _ cursors: [UnitCursor], _ rows: Int, _ month: ArchiveMonth, _ files: PartitionFiles, _ proceed: Pace
  ) throws(StoreError) -> Bool {
    let merged = mergeable(month, rows, files)
    var cursors = cursors
    for (_, segment) in merged { cursors.append(try UnitCursor(segment)) }
    guard try write(UnitMerge(cursors), month, proceed) else { return false }
    mergedFiles += merged.map(\.entry)
    mergedBytes += merged.reduce(0) { $0 + $1.segment.archivedLength }
    return true
  }

  /// Writes all of these versions as one file of a month; false where `proceed` gave up.
  private mutating func write(
    _ versions: UnitMerge, _ month: ArchiveMonth, _ proceed: Pace
  ) throws(StoreError) -> Bool {
    try archive.claim()
    let writer = try UnitArchiveWriter(partition.archivePlace(archive, month))
    writers.append(writer)
    var versions = versions
    var written = WrittenBytes()
    while let item = try versions.next() {
      try writer.append(try item.complete())
      let news = written.news(writer.bytes)
      if news > 0 { guard try proceed(news) else { return false } }
    }
    let result = try writer.finish()
    archived.append(Manifest.UnitEntry(result.summary, level: 0, tier: .archive))
    archivedBytes += result.fileLength
    return try proceed(written.news(result.fileLength))
  }

  /// Writes what stays of segments: hot as it is, warm where it is of age for that; false where `proceed` gave up.
  mutating func writeRest(
    of entries: [Manifest.UnitEntry], _ inputs: [UnitSegment], _ division: UnitDivision, _ moment: AgeingMoment,
    _ proceed: Pace
  ) throws(StoreError) -> Bool {
    let level = moment.rules.warmLevel
    for (place, tier) in [(UnitDivision.hot, Manifest.Tier.hot), (UnitDivision.warm, .warm)]
    where division.counts[Int(place)] > 0 {
      var cursors: [UnitCursor] = []
      for input in inputs {
        cursors.append(try UnitCursor(input, classes: division.classes[input.fileID] ?? [], wanted: place))
      }
      let written = try partition.writeUnits(
        UnitMerge(cursors), tier,
        level: partition.mergedLevel(entries.map(\.level), fanIn: partition.options.fanIn), level,
        tier == .warm ? try UnitDictionary.train(inputs, level: level) : nil, &segmentIDs, proceed)
      guard let written else { return false }
      segments += written
    }
    return true
  }

  /// The files of a month that new versions are written together with.
  private func mergeable(
    _ month: ArchiveMonth, _ rows: Int, _ files: PartitionFiles
  ) -> [(entry: Manifest.UnitEntry, segment: UnitSegment)] {
    let ofMonth = zip(files.manifest.unitSegments, files.unitSegments).filter { entry, segment in
      entry.archivedMonth == month && segment.archivedLength <= ArchiveWriter.largestMergedFile
    }
    return MergePick.smallest(ofMonth, with: rows) { ($0.0.rows, $0.0.fileID) }.map { (entry: $0.0, segment: $0.1) }
  }

  /// Removes what was written.
  func discard() {
    partition.discard(units: segmentIDs)
    for writer in writers { writer.discard() }
  }
}
