/// Merges runs into one.
package enum RunMerge {
  /// As `merge`, into a file.
  package static func write(
    _ runs: [Run], includesOldest: Bool, fileID: UInt64, output: FileOutput
  ) throws(StoreError) -> RunSummary {
    try merge(runs, includesOldest: includesOldest, fileID: fileID) { bytes throws(StoreError) in
      try output.append(bytes)
    }
  }

  /// Writes one run that says what `runs`, oldest first, say together. They follow each other in the manifest.
  ///
  /// `includesOldest` says that no older run remains: then there is nothing that a full value could hide, entries
  /// become plain, and keys that are gone leave no trace.
  package static func merge(
    _ runs: [Run], includesOldest: Bool, fileID: UInt64, emit: @escaping RunWriter.Emit
  ) throws(StoreError) -> RunSummary {
    for run in runs where run.unknownSections > 0 {
      throw StoreError(.unsupportedVersion, file: run.path, "holds rollups that this version does not know")
    }
    var writer = try RunWriter(fileID: fileID, emit: emit)
    for rollup in Rollup.allCases {
      let merged = try MergedRollup(rollup, runs: runs, memtables: [], keepsGone: !includesOldest)
      try writer.beginSection(rollup, texts: merged.vocabulary.texts)
      while !merged.isAtEnd {
        if !merged.isSameItem { try writer.beginItem(group: merged.group, item: merged.item) }
        var leaf = merged.leaf
        if includesOldest { leaf.isReset = false }
        try writer.append(leaf)
        try merged.advance()
      }
    }
    return try writer.finish()
  }
}
