import Columnar
import StorageIO

extension ExpiryStep {
  /// Writes what the rows that aggregates keep have given them as a sealed run, merged with others where several have
  /// gathered. Returns its entry, those that it replaces, and all sealed runs there will be; nil where `proceed` gave up.
  func writeSealedRun(
    _ proceed: Pace
  ) throws(StoreError) -> (Manifest.RunEntry, merged: [Manifest.RunEntry], all: [Run])? {
    guard
      let (summary, output) = try write(
        sealed,
        values: { _, _, table in
          { group in (table[group], false) }
        }, proceed)
    else { return nil }
    let merged = MergePick.smallest(files.manifest.sealedRuns, with: summary.entries) { ($0.entries, $0.fileID) }
    let (runs, rest) = (
      files.sealedRuns.filter { run in merged.contains { $0.fileID == run.fileID } },
      files.sealedRuns.filter { run in !merged.contains { $0.fileID == run.fileID } }
    )
    if runs.isEmpty {
      try output.publish(disk: partition.environment.disk)
      let run = try open(summary.fileID)
      return (Manifest.RunEntry(summary, level: 0), [], rest + [run])
    }
    unpublished.runs.append(summary.fileID)
    let bytes = try output.finishUnpublished(disk: partition.environment.disk)
    let own = try Run(bytes: bytes, path: output.path, expectedFileID: summary.fileID)
    let fileID = partition.environment.entropy.next()
    begun.runs.append(fileID)
    let entry = try partition.merge(
      runs + [own], includesOldest: true, fileID: fileID, level: (merged.map(\.level).max() ?? 0) + 1, proceed)
    guard let entry else { return nil }
    return (entry, merged, rest + [try open(fileID)])
  }

  /// Writes full values for every key to which the rows that are given back have added: what the surviving events and the
  /// sealed runs say of it, and nothing where that is nothing.
  func writeCorrection(_ sealedRuns: [Run], _ proceed: Pace) throws(StoreError) -> Manifest.RunEntry? {
    let survivors = survivors
    let written = try write(
      subtracted,
      values: { (rollup, users, table) throws(StoreError) in
        var left = try RollupSummary.table(rollup, of: survivors, users: users)
        try RollupSummary.add(sealedRuns, rollup, users: users, to: &left)
        let values = table.aggregates(from: left)
        return { group in (values[Int(group)], true) }
      }, proceed)
    guard let (summary, output) = written else { return nil }
    try output.publish(disk: partition.environment.disk)
    // The youngest of the runs that the step saw, as if it had come with a flush.
    return Manifest.RunEntry(summary, level: 0)
  }

  private typealias Values = (_ group: UInt32) -> (aggregate: Aggregate, isReset: Bool)

  /// Writes a run with an entry for every key of the events of `segments`. `values` makes of what a rollup's summary of them
  /// says, for some users, what the run says.
  private func write(
    _ segments: [Segment],
    values: (Rollup, UserRange, SummaryTable) throws(StoreError) -> Values, _ proceed: Pace
  ) throws(StoreError) -> (RunSummary, FileOutput)? {
    let fileID = partition.environment.entropy.next()
    begun.runs.append(fileID)
    let output = try partition.create(StoreLayout.runName(fileID))
    var writer = try RunWriter(fileID: fileID) { bytes throws(StoreError) in try output.append(bytes) }
    let (entityTypes, dimensions) = try texts(of: segments)
    let rounds = try UserRange.rounds(
      of: survivors + segments, sealed: files.sealedRuns, rows: Self.rowsPerRound)
    var written = WrittenBytes()
    for rollup in Rollup.allCases {
      var texts = dimensions
      if rollup == .entityGrowth {
        for code in 0..<UInt32(entityTypes.count) { _ = texts.intern(code, of: entityTypes) }
      }
      let vocabulary = RollupVocabulary(texts).texts
      try writer.beginSection(rollup, texts: vocabulary)
      for users in rollup == .scopeGrowth ? [.all] : rounds {
        let table = try RollupSummary.table(rollup, of: segments, users: users)
        if table.count > 0 {
          try table.append(rollup, texts: vocabulary, to: &writer, measures: try values(rollup, users, table))
        }
        guard try proceed(written.news(output.offset)) else { return nil }
      }
    }
    return (try writer.finish(), output)
  }

  private func texts(
    of segments: [Segment]
  ) throws(StoreError) -> (entityTypes: ByteStringDictionary, dimensions: ByteStringDictionary) {
    let table = try EventSummarizer.summary(
      segments: segments, batches: [], by: [.entityType, .dimension], filter: EventFilter(), countsUsers: false)
    return (table.texts[0], table.texts[1])
  }

  private func open(_ fileID: UInt64) throws(StoreError) -> Run {
    let name = StoreLayout.runName(fileID)
    return try Run(bytes: try partition.map(name), path: partition.path(name), expectedFileID: fileID)
  }
}
