extension Manifest {
  /// What the manifest says, a line each.
  package func describe() -> [String] {
    var lines = [
      "manifest \(number) of partition \(partition), flushed up to frame \(flushedSequence)",
      "\(segments.count) segments, the oldest first:",
    ]
    for segment in segments {
      lines.append(
        "  \(StoreLayout.segmentName(segment.fileID)): \(segment.rows) rows, \(segment.length) bytes, level "
          + "\(segment.level), \(segment.tier), created_at \(Timestamp(microseconds: segment.smallestCreatedAt)) to "
          + "\(Timestamp(microseconds: segment.largestCreatedAt))")
    }
    lines.append("\(runs.count) runs, the oldest first:")
    lines += runs.map(Self.describe)
    if !sealedRuns.isEmpty { lines.append("\(sealedRuns.count) sealed runs of expired events:") }
    lines += sealedRuns.map(Self.describe)
    if !expiredKeys.isEmpty { lines.append("\(expiredKeys.count) files of expired keys:") }
    lines += expiredKeys.map(Self.describe)
    if !unitSegments.isEmpty { lines.append("\(unitSegments.count) unit segments, the oldest first:") }
    for units in unitSegments {
      lines.append(
        "  \(StoreLayout.name(of: units)): \(units.rows) rows, \(units.length) bytes, level \(units.level), "
          + "\(units.tier), frames \(units.bounds.smallestSequence) to \(units.bounds.largestSequence), updated_at "
          + "\(Timestamp(microseconds: units.bounds.smallestUpdatedAt)) to "
          + "\(Timestamp(microseconds: units.bounds.largestUpdatedAt))")
    }
    if !expiredUnitKeys.isEmpty { lines.append("\(expiredUnitKeys.count) files of expired keys of memory units:") }
    lines += expiredUnitKeys.map(Self.describe)
    return lines
  }

  private static func describe(_ keys: KeyFileEntry) -> String {
    "  \(StoreLayout.keysName(keys.fileID)): \(keys.keys) keys, \(keys.length) bytes"
  }

  private static func describe(_ run: RunEntry) -> String {
    "  \(StoreLayout.runName(run.fileID)): \(run.entries) entries, \(run.length) bytes, level \(run.level)"
  }
}
