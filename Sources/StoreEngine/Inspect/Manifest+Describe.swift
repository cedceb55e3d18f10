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
    for run in runs {
      lines.append(
        "  \(StoreLayout.runName(run.fileID)): \(run.entries) entries, \(run.length) bytes, level \(run.level)")
    }
    return lines
  }
}
