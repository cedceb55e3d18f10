/// Which files of a partition are merged next.
///
/// Files of one level are of about one size; when as many as the fan-in have gathered they become one of the next level.
/// So a partition holds fewer than fan-in files a level, and an event is rewritten once a level. Segments of each tier are
/// merged among themselves; the archive is merged when something is added to it.
package struct CompactionPick: Sendable, Equatable {
  /// How much a compaction takes on.
  package enum Extent: Sendable, CaseIterable {
    /// What must be merged, so that files do not gather.
    case due
    /// That, and then what makes reads faster; see `settling`. What a store at rest comes to.
    case settled
    /// Everything into one.
    case everything
  }

  package var segments: [UInt64] = []
  package var runs: [UInt64] = []

  package var isEmpty: Bool { segments.isEmpty && runs.isEmpty }

  package init(segments: [UInt64] = [], runs: [UInt64] = []) {
    self.segments = segments
    self.runs = runs
  }

  package init(_ extent: Extent, _ manifest: Manifest, options: EngineOptions) {
    switch extent {
    case .due: self = .due(manifest, options: options)
    case .everything: self = .all(manifest)
    case .settled:
      self = .due(manifest, options: options)
      if isEmpty { self = .settling(manifest, options: options) }
    }
  }

  /// What is due by size; nothing where the partition is in shape.
  package static func due(_ manifest: Manifest, options: EngineOptions) -> CompactionPick {
    var pick = CompactionPick()
    for tier in Manifest.Tier.ofSegments {
      // Of two of more than half nothing smaller in number could be made.
      let candidates = manifest.segments.filter { $0.tier == tier && $0.rows <= options.largestSegmentRows / 2 }
      pick.segments += full(candidates, fanIn: options.segmentFanIn) { $0.level }.map(\.fileID)
    }
    if let level = fullLevels(manifest.runs.map(\.level), fanIn: options.fanIn).max() {
      // The highest level takes the lower ones along. Runs are ordered by age, and only neighbours may be merged; lower levels
      // are always younger.
      if let first = manifest.runs.firstIndex(where: { $0.level <= level }) {
        pick.runs = manifest.runs[first...].map(\.fileID)
      }
    }
    return pick
  }

  /// Smaller files are merged into a larger one when together they have a fourth of its rows or more, so that few files are
  /// left, each a multiple of what is smaller than it, and a row is rewritten about five times while its file grows as much.
  private static let settlingRatio = 4

  /// What is left where nothing is due and is worth a merge for the sake of reads: first the runs, since a read of
  /// aggregates asks each of them, then hot segments, as far as they fit into one.
  package static func settling(_ manifest: Manifest, options: EngineOptions) -> CompactionPick {
    var younger = 0
    var first: Int?
    for index in manifest.runs.indices.reversed() {
      let entries = manifest.runs[index].entries
      if index < manifest.runs.count - 1, younger * settlingRatio >= entries { first = index }
      younger += entries
    }
    if let first { return CompactionPick(runs: manifest.runs[first...].map(\.fileID)) }
    // One that is more than half full is left alone, as ever. What comes out of fewer rows than the largest segment holds
    // is never divided, so that every merge leaves fewer files.
    let candidates = manifest.segments.filter { $0.tier == .hot && $0.rows <= options.largestSegmentRows / 2 }
      .sorted { $0.rows < $1.rows }
    var smaller = 0
    var count = 0
    for (place, segment) in candidates.enumerated() {
      if smaller + segment.rows >= options.largestSegmentRows { break }
      if place > 0, smaller * settlingRatio >= segment.rows { count = place + 1 }
      smaller += segment.rows
    }
    return CompactionPick(segments: candidates.prefix(count).map(\.fileID))
  }

  /// Everything into one, as far as the largest segment allows.
  package static func all(_ manifest: Manifest) -> CompactionPick {
    var pick = CompactionPick(runs: manifest.runs.count > 1 ? manifest.runs.map(\.fileID) : [])
    for tier in Manifest.Tier.ofSegments {
      let ofTier = manifest.segments.filter { $0.tier == tier }
      if ofTier.count > 1 { pick.segments += ofTier.map(\.fileID) }
    }
    return pick
  }

  /// What is merged before everything can be, where that would take more than one merge takes on: segments of one tier, or the
  /// youngest runs. `written` has the segments of merges that went before, see `SegmentChain`.
  static func round(_ files: PartitionFiles, written: [[UInt64]], options: EngineOptions) -> CompactionPick? {
    for tier in Manifest.Tier.ofSegments {
      let ofTier = Set(files.manifest.segments.filter { $0.tier == tier }.map(\.fileID))
      let chains = SegmentChain.of(files.segments.filter { ofTier.contains($0.fileID) }, written: written)
      let first = MergePick.round(chains, most: options.mostInputs) { ($0.rows, $0.segments[0].fileID) }
      if !first.isEmpty { return CompactionPick(segments: first.flatMap { $0.segments.map(\.fileID) }) }
    }
    let runs = MergePick.round(files.manifest.runs, most: options.mostInputs) { ($0.entries, $0.fileID) }
    if runs.isEmpty { return nil }
    // As many of the youngest, since only neighbours may be merged.
    return CompactionPick(runs: files.manifest.runs.suffix(runs.count).map(\.fileID))
  }

  /// Files of the lowest level that has as many as the fan-in, and never more of them, however many have gathered: a merge
  /// holds a piece of every input. None where no level is full.
  static func full<Entry>(_ candidates: [Entry], fanIn: Int, level: (Entry) -> Int) -> [Entry] {
    guard let lowest = fullLevels(candidates.map(level), fanIn: fanIn).min() else { return [] }
    return Array(candidates.filter { level($0) == lowest }.prefix(fanIn))
  }

  /// The levels that have as many files as the fan-in.
  private static func fullLevels(_ levels: [Int], fanIn: Int) -> [Int] {
    var counts: [Int: Int] = [:]
    for level in levels { counts[level, default: 0] += 1 }
    return counts.filter { $0.value >= fanIn }.map(\.key)
  }
}
