import Columnar

/// Writes the files of one step of expiry: what is left of segments, the identities of the events that leave, a sealed run of
/// those that aggregates keep, and full values for what they give back.
///
/// The rows that leave a segment are divided from the others in one pass, and written to files of their own that are read to
/// make the rest and then removed, so that memory stays bounded.
final class ExpiryStep {
  let partition: Partition
  let moment: AgeingMoment
  let files: PartitionFiles
  private let due: [ExpiringSegment]
  /// Rows that leave.
  private(set) var sealed: [Segment] = []
  private(set) var subtracted: [Segment] = []
  /// What the files hold of events afterwards.
  private(set) var survivors: [Segment] = []
  /// Files that were begun, so that they can be removed: where the step fails, and where they were never to be more.
  var begun: (segments: [UInt64], runs: [UInt64], keys: [UInt64]) = ([], [], [])
  private var archiveWriters: [ArchiveWriter] = []
  var unpublished: (segments: [UInt64], runs: [UInt64]) = ([], [])

  /// Rows that are summed up at a time, at about a hundred bytes.
  static let rowsPerRound = 1 << 18

  init(_ partition: Partition, _ moment: AgeingMoment, _ files: PartitionFiles, _ due: [ExpiringSegment]) {
    self.partition = partition
    self.moment = moment
    self.files = files
    self.due = due
  }

  /// Nil where `proceed`, which is given the bytes written since it was last asked, gave up.
  func run(proceed: Pace) throws(StoreError) -> ExpiryChange? {
    var change = ExpiryChange()
    change.runsBefore = files.manifest.runs.map(\.fileID)
    survivors = files.segments.filter { segment in !due.contains { $0.segment === segment } }
    for expiring in due {
      guard let rewritten = try rewrite(expiring, proceed) else { return nil }
      change.removed.append(expiring.entry)
      change.segments += rewritten.map(\.entry)
      survivors += rewritten.map(\.segment)
      change.archivedBytes.before += expiring.segment.archivedLength
      change.archivedBytes.after += rewritten.reduce(0) { $0 + $1.segment.archivedLength }
    }
    change.rows = (sealed + subtracted).reduce(0) { $0 + $1.rows }
    let (keys, mergedKeys) = try writeKeys()
    change.keys = keys
    change.mergedKeys = mergedKeys
    guard try proceed(keys.length) else { return nil }
    var sealedRuns = files.sealedRuns
    if !sealed.isEmpty {
      guard let (run, merged, all) = try writeSealedRun(proceed) else { return nil }
      change.sealedRun = run
      change.mergedSealedRuns = merged
      sealedRuns = all
    }
    if !subtracted.isEmpty {
      guard let run = try writeCorrection(sealedRuns, proceed) else { return nil }
      change.correction = run
    }
    return change
  }

  /// Removes files that were only written to be read once, before anything is committed.
  func removeUnpublished() throws(StoreError) {
    let names = unpublished.segments.map(StoreLayout.segmentName) + unpublished.runs.map(StoreLayout.runName)
    for name in names { try partition.remove(name + StoreLayout.temporarySuffix) }
  }

  /// Removes everything that was begun.
  func discard() {
    partition.discard(segments: begun.segments, runs: begun.runs, keys: begun.keys)
    for writer in archiveWriters { writer.discard() }
  }

  // MARK: Segments

  /// A segment as the manifest should name it.
  private typealias Rewritten = (entry: Manifest.SegmentEntry, segment: Segment)

  /// Rewrites a segment without its expired rows, which come to `sealed` and `subtracted`; what is left, or nil where
  /// `proceed` gave up.
  private func rewrite(_ expiring: ExpiringSegment, _ proceed: Pace) throws(StoreError) -> [Rewritten]? {
    let counts = expiring.survey.expired(moment.rules)
    if counts.sealed == expiring.entry.rows {
      sealed.append(expiring.segment)
      return []
    }
    if counts.subtracted == expiring.entry.rows {
      subtracted.append(expiring.segment)
      return []
    }
    switch expiring.entry.tier {
    case .hot: return try separate(expiring, .lz4, level: 0, proceed)
    case .warm: return try separate(expiring, .zstd, level: moment.rules.warmLevel, proceed)
    case .archive: return try archive(expiring, proceed)
    }
  }

  /// What is left of an archived file is a file of the same month.
  private func archive(_ expiring: ExpiringSegment, _ proceed: Pace) throws(StoreError) -> [Rewritten]? {
    guard let archive = partition.archive else { return nil }
    try archive.claim()
    let writer = try ArchiveWriter(
      partition.archivePlace(archive, ArchiveMonth(of: expiring.entry.smallestCreatedAt)),
      metadataLimit: partition.options.rowGroupMetadataBytes, after: archiveWriters.last?.writer)
    archiveWriters.append(writer)
    let written = try divide(
      expiring, [],
      { rows throws(StoreError) in
        // Whoever divides asks after every chunk.
        _ = try writer.append(rows, [UInt32](0..<UInt32(rows.count)), proceed: { true })
      }, proceed)
    guard written != nil else { return nil }
    if writer.rows == 0 {
      // All have left, some with a summary and some without.
      writer.discard()
      return []
    }
    let result = try writer.finish()
    guard try proceed(result.fileLength) else { return nil }
    let entry = Manifest.SegmentEntry(result.summary, level: expiring.entry.level, tier: .archive)
    let name = StoreLayout.name(of: entry)
    let index = try partition.map(name)
    return [(entry, try archive.open(index: index, path: partition.path(name), expectedFileID: entry.fileID))]
  }

  private func separate(
    _ expiring: ExpiringSegment, _ codec: Codec, level: Int32, _ proceed: Pace
  ) throws(StoreError) -> [Rewritten]? {
    let tier = expiring.entry.tier
    let kept = try divide(
      expiring, [SegmentSeparation.Class(tier: tier, codec: codec, level: level)], nil, proceed)
    guard let kept else { return nil }
    var rewritten: [Rewritten] = []
    for summary in kept {
      let entry = Manifest.SegmentEntry(summary, level: expiring.entry.level, tier: tier)
      let name = StoreLayout.name(of: entry)
      let segment = try Segment(
        bytes: try partition.map(name), path: partition.path(name), expectedFileID: entry.fileID)
      rewritten.append((entry, segment))
    }
    return rewritten
  }

  /// Divides the rows of a segment by their fate: those that leave come to `sealed` and `subtracted`, the others to segments
  /// of the class `staying`, or to `keep`. The summaries of durable segments of those that stay; nil where `proceed` gave up.
  private func divide(
    _ expiring: ExpiringSegment, _ staying: [SegmentSeparation.Class],
    _ keep: ((EventBatch) throws(StoreError) -> Void)?, _ proceed: Pace
  ) throws(StoreError) -> [SegmentSummary]? {
    let tier = expiring.entry.tier
    let leaving = [RowFate.sealed, .subtracted].map {
      SegmentSeparation.Class(tier: tier, codec: .lz4, level: 0, fate: $0)
    }
    let separation = SegmentSeparation(
      hashSeed: partition.hashSeed, rowsPerSegment: partition.options.largestSegmentRows,
      metadataLimit: partition.options.rowGroupMetadataBytes, classes: staying + leaving)
    let classes = (staying + leaving).map(\.fate)
    let moment = moment
    let sink = SegmentSink(partition)
    defer { begun.segments += sink.fileIDs }
    var bytes = WrittenBytes()
    let written = try separation.run(
      [expiring.segment], target: sink.next,
      classify: { batch throws(StoreError) in
        let fates = moment.fates(batch)
        if let keep {
          let rows = fates.indices.filter { fates[$0] == .stays }
          if !rows.isEmpty { try keep(batch.gather(rows.map { UInt32($0) })) }
        }
        return fates.map { fate in classes.firstIndex(of: fate).map { UInt8($0) } ?? SegmentSeparation.nowhere }
      },
      proceed: { () throws(StoreError) in try proceed(bytes.news(sink.bytes)) })
    guard let written else { return nil }
    let kept = written.filter { $0.0.fate == .stays }.map(\.1)
    unpublished.segments += written.filter { $0.0.fate != .stays }.map(\.1.fileID)
    let gone = try sink.publish(only: kept.map(\.fileID))
    for (kind, summary) in written {
      guard let segment = gone.first(where: { $0.fileID == summary.fileID }) else { continue }
      if kind.fate == .sealed { sealed.append(segment) } else { subtracted.append(segment) }
    }
    return kept
  }

  // MARK: Keys

  private func writeKeys() throws(StoreError) -> (Manifest.KeyFileEntry, merged: [Manifest.KeyFileEntry]) {
    var keys: [ExpiredKey] = []
    var days = EventDays()
    for segment in sealed + subtracted {
      try appendKeys(of: segment, to: &keys)
      days.formUnion(segment.footer.days)
    }
    keys.sort()
    return try partition.writeExpiredKeys(
      keys, days, amongst: files.manifest.expiredKeys, files.expiredKeys, &begun.keys)
  }

  private func appendKeys(of segment: Segment, to keys: inout [ExpiredKey]) throws(StoreError) {
    for index in 0..<segment.rowGroupCount {
      let group = try segment.rowGroup(index)
      var code = UInt32.max
      var (userHash, userCheck): (UInt64, UInt64) = (0, 0)
      for page in 0..<group.pageCount {
        let users = try group.codes(.user, page: page)
        let ids = try group.eventIDs(page: page)
        for row in users.indices {
          if users[row] != code {
            code = users[row]
            let user = try group.string(.user, code).array
            userHash = XXH3.hash(user, seed: partition.hashSeed)
            userCheck = ExpiredKey.userCheck(user, hashSeed: partition.hashSeed)
          }
          let (high, low) = (ids.high[row], ids.low[row])
          keys.append(
            ExpiredKey(
              hash: keyHash(userHash: userHash, high: high, low: low),
              check: ExpiredKey.check(userCheck: userCheck, high: high, low: low)))
        }
      }
    }
  }
}
