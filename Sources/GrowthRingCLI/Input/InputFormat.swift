import ArgumentParser

/// How a file writes its records.
enum InputFormat: String, CaseIterable, ExpressibleByArgument {
  case ndjson
  case csv
  case parquet

  /// What a name such as `events.csv.zst` tells.
  init?(path: String) {
    var name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    for ending in InputStream.endings where name.hasSuffix(ending) { name.removeLast(ending.count) }
    if name.hasSuffix(".csv") || name.hasSuffix(".tsv") {
      self = .csv
    } else if name.hasSuffix(".ndjson") || name.hasSuffix(".jsonl") || name.hasSuffix(".json") {
      self = .ndjson
    } else if name.hasSuffix(".parquet") {
      self = .parquet
    } else {
      return nil
    }
  }
}
