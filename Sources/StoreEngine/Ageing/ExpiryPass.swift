import Columnar

/// Removes events that have expired from the segments of a partition, a few segments at a time.
///
/// Retention is a promise, so a segment is rewritten for a single event. What aggregates make of it is up to the rule that
/// takes the event: they keep what it gave them, in a sealed run that tells `verify` so, or give it back, by a run of full
/// values. Its identity goes to a file of expired keys in either case. All of it is one commit; interrupted at any moment the
/// pass leaves the partition as it was after the last step. Beside a writer and readers, in this process or another.
package struct ExpiryPass {
  private let partition: Partition
  private let moment: AgeingMoment
  private var surveys: SegmentSurveys

  package init(_ partition: Partition, _ moment: AgeingMoment) {
    self.partition = partition
    self.moment = moment
    surveys = SegmentSurveys(moment)
  }

  /// Removes the expired events of the next segments, and commits; nil where there are none, where another process has the
  /// right to change the partition's files, or where `proceed` gave up.
  ///
  /// Events that only the log and the memory hold go when they have come to segments.
  package mutating func next(proceed: Pace = { _ in true }) throws(StoreError) -> AgeingMove? {
    guard moment.expiresAny else { return nil }
    return try partition.maintain { (files) throws(StoreError) in try step(files, proceed) }
  }

  private mutating func step(_ files: PartitionFiles, _ proceed: Pace) throws(StoreError) -> AgeingMove? {
    let due = try due(files)
    guard !due.isEmpty else { return nil }
    let step = ExpiryStep(partition, moment, files, due)
    let change = try partition.durable { () throws(StoreError) in
      let change = try step.run(proceed: proceed)
      if change != nil { try step.removeUnpublished() }
      return change
    } orElse: {
      step.discard()
    }
    guard let change else { return nil }
    try partition.commit(removing: change.replacedNames) { (manifest: inout Manifest) throws(StoreError) in
      guard manifest.fits(change) else { return false }
      manifest.apply(change)
      return true
    }
    return change.move
  }

  /// The segments with expired events that are rewritten next: about as many events as make a segment of full size.
  private mutating func due(_ files: PartitionFiles) throws(StoreError) -> [ExpiringSegment] {
    var due: [ExpiringSegment] = []
    var rows = 0
    for (entry, segment) in zip(files.manifest.segments, files.segments) {
      if rows >= partition.options.largestSegmentRows { break }
      guard moment.mayHaveExpired(since: segment.smallestCreatedAt) else { continue }
      let survey = try surveys.of(segment)
      guard survey.rows(from: .expired) > 0 else { continue }
      due.append(ExpiringSegment(entry: entry, segment: segment, survey: survey))
      rows += entry.rows
    }
    return due
  }
}

/// A segment with expired events.
struct ExpiringSegment {
  let entry: Manifest.SegmentEntry
  let segment: Segment
  let survey: SegmentSurvey
}

/// What one step of expiry changes in a manifest: durable files, not committed yet.
struct ExpiryChange {
  /// Bytes of archived files beside their indexes: of those that go, and of what is left.
  var archivedBytes = (before: 0, after: 0)
  /// Segments that go, and what is left of them.
  var removed: [Manifest.SegmentEntry] = []
  var segments: [Manifest.SegmentEntry] = []
  /// The runs that full values were computed for: those of the files that the step saw, which stay in front of it.
  var runsBefore: [UInt64] = []
  var correction: Manifest.RunEntry?
  var mergedSealedRuns: [Manifest.RunEntry] = []
  var sealedRun: Manifest.RunEntry?
  var mergedKeys: [Manifest.KeyFileEntry] = []
  var keys: Manifest.KeyFileEntry?
  /// Events that expired.
  var rows = 0

  /// Of the files that go.
  var replacedNames: [String] {
    removed.map { StoreLayout.name(of: $0) } + mergedSealedRuns.map { StoreLayout.runName($0.fileID) }
      + mergedKeys.map { StoreLayout.keysName($0.fileID) }
  }

  var move: AgeingMove {
    let before =
      removed.map(\.length) + mergedSealedRuns.map(\.length) + mergedKeys.map(\.length)
    let after =
      segments.map(\.length) + [correction?.length, sealedRun?.length, keys?.length].compactMap { $0 }
    return AgeingMove(
      rows: rows,
      bytesBefore: before.reduce(archivedBytes.before, +), bytesAfter: after.reduce(archivedBytes.after, +))
  }
}

extension Manifest {
  /// Whether the files that a step of expiry begins with are still there, and its runs the oldest.
  fileprivate func fits(_ change: ExpiryChange) -> Bool {
    Set(segments.map(\.fileID)).isSuperset(of: change.removed.map(\.fileID))
      && runs.prefix(change.runsBefore.count).map(\.fileID) == change.runsBefore
      && Set(sealedRuns.map(\.fileID)).isSuperset(of: change.mergedSealedRuns.map(\.fileID))
      && Set(expiredKeys.map(\.fileID)).isSuperset(of: change.mergedKeys.map(\.fileID))
  }

  fileprivate mutating func apply(_ change: ExpiryChange) {
    replace(segments: change.removed.map(\.fileID), by: change.segments)
    if let run = change.correction { runs.insert(run, at: change.runsBefore.count) }
    sealedRuns.removeAll { run in change.mergedSealedRuns.contains { $0.fileID == run.fileID } }
    if let run = change.sealedRun { sealedRuns.append(run) }
    expiredKeys.removeAll { keys in change.mergedKeys.contains { $0.fileID == keys.fileID } }
    if let keys = change.keys { expiredKeys.append(keys) }
  }
}
