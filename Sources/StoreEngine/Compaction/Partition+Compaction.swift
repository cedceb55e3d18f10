import Columnar
import StorageIO
import Synchronization

extension Partition {
  /// Merges once what the extent asks for, and commits the result. Returns whether anything was merged.
  ///
  /// Beside a writer and readers, in this process or another: a flush that commits meanwhile is kept, and readers go on
  /// with the files they opened. Interrupted at any moment it leaves the partition as it was.
  @discardableResult
  package func compact(
    _ extent: CompactionPick.Extent = .due, proceed: Pace = { _ in true }
  ) throws(StoreError) -> Bool {
    let isMerged: Bool? = try maintain { (files) throws(StoreError) in
      let merged = try compactEvents(extent, files, proceed)
      if merged, extent != .everything { return true }
      let mergedUnits = try compactUnits(extent, proceed)
      return merged || mergedUnits
    }
    return isMerged ?? false
  }

  /// Segments and runs. Only under the lock of maintenance.
  private func compactEvents(
    _ extent: CompactionPick.Extent, _ files: PartitionFiles, _ proceed: Pace
  ) throws(StoreError) -> Bool {
    var files = files
    var written: [[UInt64]] = []
    var isMerged = false
    if extent == .everything {
      // What a round has written stands, whatever comes of the next one.
      while let round = CompactionPick.round(files, written: written, options: options) {
        guard let segments = try replace(round, files, written, divides: false, proceed) else { return isMerged }
        written.append(segments)
        isMerged = true
        files = try newestFiles()
      }
    }
    let pick = CompactionPick(extent, files.manifest, options: options)
    guard !pick.isEmpty else { return isMerged }
    return try replace(pick, files, written, divides: true, proceed) != nil || isMerged
  }

  /// Merges files and commits the result; the new segments in the order of their keys, unless they are divided by age. Nil where
  /// `proceed` gave up.
  private func replace(
    _ pick: CompactionPick, _ files: PartitionFiles, _ written: [[UInt64]], divides: Bool, _ proceed: Pace
  ) throws(StoreError) -> [UInt64]? {
    guard let (segments, run) = try merge(pick, files, written, divides: divides, proceed) else { return nil }
    let names = pick.segments.map(StoreLayout.segmentName) + pick.runs.map(StoreLayout.runName)
    try commit(removing: names) { (manifest: inout Manifest) throws(StoreError) in
      guard manifest.holds(pick) else { return false }
      manifest.replace(segments: pick.segments, by: segments)
      if let run { manifest.replace(runs: pick.runs, by: run) }
      return true
    }
    return segments.map(\.fileID)
  }

  /// The merged files, durable but not committed; nil where `proceed` gave up.
  private func merge(
    _ pick: CompactionPick, _ files: PartitionFiles, _ written: [[UInt64]], divides: Bool, _ proceed: Pace
  ) throws(StoreError) -> ([Manifest.SegmentEntry], Manifest.RunEntry?)? {
    var segmentIDs: [UInt64] = []
    let runID = environment.entropy.next()
    return try durable { () throws(StoreError) -> ([Manifest.SegmentEntry], Manifest.RunEntry?)? in
      guard let segments = try mergeSegments(pick, files, written, divides: divides, &segmentIDs, proceed) else {
        return nil
      }
      if pick.runs.isEmpty { return (segments, nil) }
      guard let run = try mergeRuns(pick, files, fileID: runID, proceed) else { return nil }
      return (segments, run)
    } orElse: {
      discard(segments: segmentIDs, runs: [runID])
    }
  }

  private func mergeSegments(
    _ pick: CompactionPick, _ files: PartitionFiles, _ written: [[UInt64]], divides: Bool, _ fileIDs: inout [UInt64],
    _ proceed: Pace
  ) throws(StoreError) -> [Manifest.SegmentEntry]? {
    var merged: [Manifest.SegmentEntry] = []
    for tier in Manifest.Tier.ofSegments {
      let entries = files.manifest.segments.filter { $0.tier == tier && pick.segments.contains($0.fileID) }
      if entries.isEmpty { continue }
      let ofTier = try mergeSegments(entries, tier, files, written, divides: divides, &fileIDs, proceed)
      guard let ofTier else { return nil }
      merged += ofTier
    }
    return merged
  }

  /// Segments of one tier.
  private func mergeSegments(
    _ entries: [Manifest.SegmentEntry], _ tier: Manifest.Tier, _ files: PartitionFiles, _ written: [[UInt64]],
    divides: Bool, _ fileIDs: inout [UInt64], _ proceed: Pace
  ) throws(StoreError) -> [Manifest.SegmentEntry]? {
    let inputs = files.segments.filter { segment in entries.contains { $0.fileID == segment.fileID } }
    let rules = ageing.withLock { $0 }
    if divides, tier == .hot, let rules, entries.reduce(0, { $0 + $1.rows }) >= options.largestSegmentRows {
      let moment = AgeingMoment(rules, at: environment.clock.now())
      return try separate(inputs, entries, moment, written: written, &fileIDs, proceed: proceed)
    }
    return try merge(
      inputs, tier, level: mergedLevel(entries.map(\.level), fanIn: options.segmentFanIn), written: written, &fileIDs,
      proceed)
  }

  /// Rewrites segments as segments of a tier; durable, not committed. Nil where `proceed` gave up. `codec` is that of the tier
  /// where nothing is said.
  func merge(
    _ inputs: [Segment], _ tier: Manifest.Tier, codec: Codec? = nil, level: Int, written: [[UInt64]] = [],
    _ fileIDs: inout [UInt64], _ proceed: Pace
  ) throws(StoreError) -> [Manifest.SegmentEntry]? {
    let merge = SegmentMerge(
      hashSeed: hashSeed, codec: codec ?? (tier == .hot ? .lz4 : .zstd), level: warmLevel,
      rowsPerSegment: options.largestSegmentRows, metadataLimit: options.rowGroupMetadataBytes)
    let sink = SegmentSink(self)
    defer { fileIDs += sink.fileIDs }
    var bytes = WrittenBytes()
    let summaries = try merge.run(
      inputs, written: written, target: sink.next,
      proceed: { () throws(StoreError) in try proceed(bytes.news(sink.bytes)) })
    guard let summaries else { return nil }
    try sink.publish()
    return summaries.map { Manifest.SegmentEntry($0, level: level, tier: tier) }
  }

  /// The level of what comes of files of these levels: the next one where as many were merged as make one, so that levels
  /// tell sizes; else the highest of them.
  func mergedLevel(_ levels: [Int], fanIn: Int) -> Int { (levels.max() ?? 0) + (levels.count >= fanIn ? 1 : 0) }

  private func mergeRuns(
    _ pick: CompactionPick, _ files: PartitionFiles, fileID: UInt64, _ proceed: Pace
  ) throws(StoreError) -> Manifest.RunEntry? {
    let inputs = files.runs.filter { pick.runs.contains($0.fileID) }
    let entries = files.manifest.runs.filter { pick.runs.contains($0.fileID) }
    return try merge(
      inputs, includesOldest: files.manifest.runs.first?.fileID == pick.runs.first, fileID: fileID,
      level: mergedLevel(entries.map(\.level), fanIn: options.fanIn), proceed)
  }

  /// Rewrites runs as one; durable, not committed. Nil where `proceed` gave up.
  func merge(
    _ inputs: [Run], includesOldest: Bool, fileID: UInt64, level: Int, _ proceed: Pace
  ) throws(StoreError) -> Manifest.RunEntry? {
    let output = try create(StoreLayout.runName(fileID))
    var written = WrittenBytes()
    let summary = try RunMerge.merge(
      inputs, includesOldest: includesOldest, fileID: fileID,
      emit: { bytes throws(StoreError) in try output.append(bytes) },
      proceed: { () throws(StoreError) in try proceed(written.news(output.offset)) })
    guard let summary else { return nil }
    try output.publish(disk: environment.disk)
    return Manifest.RunEntry(summary, level: level)
  }
}

extension Manifest {
  /// Whether all inputs of a compaction are still there.
  func holds(_ pick: CompactionPick) -> Bool {
    Set(segments.map(\.fileID)).isSuperset(of: pick.segments) && Set(runs.map(\.fileID)).isSuperset(of: pick.runs)
  }

  /// Puts the merged segments in the place of the first of their inputs.
  mutating func replace(segments inputs: [UInt64], by merged: [SegmentEntry]) {
    guard let place = segments.firstIndex(where: { inputs.contains($0.fileID) }) else { return }
    segments.removeAll { inputs.contains($0.fileID) }
    segments.insert(contentsOf: merged, at: place)
  }

  /// Puts the merged run in the place of its inputs, which are neighbours.
  fileprivate mutating func replace(runs inputs: [UInt64], by merged: RunEntry) {
    guard let place = runs.firstIndex(where: { inputs.contains($0.fileID) }) else { return }
    runs.removeAll { inputs.contains($0.fileID) }
    runs.insert(merged, at: place)
  }
}
