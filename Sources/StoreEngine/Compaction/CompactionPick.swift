/// Which files of a partition are merged next.
///
/// Files of one level are of about one size; when as many as the fan-in have gathered they become one of the next level.
/// So a partition holds fewer than fan-in files a level, and an event is rewritten once a level. Segments of each tier are
/// merged among themselves; the archive is merged when something is added to it.
package struct CompactionPick: Sendable, Equatable {
  package var segments: [UInt64] = []
  package var runs: [UInt64] = []

  package var isEmpty: Bool { segments.isEmpty && runs.isEmpty }

  /// What is due by size; nothing where the partition is in shape.
  package static func due(_ manifest: Manifest, options: EngineOptions) -> CompactionPick {
    var pick = CompactionPick()
    for tier in Manifest.Tier.ofSegments {
      // Of two of more than half nothing smaller in number could be made.
      let candidates = manifest.segments.filter { $0.tier == tier && $0.rows <= options.largestSegmentRows / 2 }
      if let level = fullLevel(candidates.map(\.level), fanIn: options.fanIn) {
        pick.segments += candidates.filter { $0.level <= level }.map(\.fileID)
      }
    }
    if let level = fullLevel(manifest.runs.map(\.level), fanIn: options.fanIn) {
      // Runs are ordered by age, and only neighbours may be merged; lower levels are always younger.
      if let first = manifest.runs.firstIndex(where: { $0.level <= level }) {
        pick.runs = manifest.runs[first...].map(\.fileID)
      }
    }
    return pick
  }

  /// Everything into one, as far as the largest segment allows.
  package static func all(_ manifest: Manifest, options: EngineOptions) -> CompactionPick {
    var pick = CompactionPick(runs: manifest.runs.count > 1 ? manifest.runs.map(\.fileID) : [])
    for tier in Manifest.Tier.ofSegments {
      let ofTier = manifest.segments.filter { $0.tier == tier }
      if ofTier.count > 1 { pick.segments += ofTier.map(\.fileID) }
    }
    return pick
  }

  /// The highest level that has as many files as the fan-in; merging it takes the lower levels along.
  private static func fullLevel(_ levels: [Int], fanIn: Int) -> Int? {
    var counts: [Int: Int] = [:]
    for level in levels { counts[level, default: 0] += 1 }
    return counts.filter { $0.value >= fanIn }.keys.max()
  }
}
