extension RunWriter {
  /// Writes the rollups of a memtable, whose events are in `batch`, as one run of partials.
  package static func write(
    _ tables: RollupTables, of batch: EventBatch, fileID: UInt64, output: FileOutput
  ) throws(StoreError) -> RunSummary {
    try write(RollupSnapshot(tables: tables, batch: batch), fileID: fileID) { bytes throws(StoreError) in
      try output.append(bytes)
    }
  }

  /// Writes all rollups of a memtable as one run of partials.
  package static func write(
    _ snapshot: RollupSnapshot, fileID: UInt64, emit: @escaping Emit
  ) throws(StoreError) -> RunSummary {
    var writer = try RunWriter(fileID: fileID, emit: emit)
    for rollup in Rollup.allCases {
      let vocabulary = RollupVocabulary(rollup, runs: [], memtables: [snapshot])
      try writer.beginSection(rollup, texts: vocabulary.texts)
      try writer.append(TableCursor(rollup, snapshot, vocabulary: vocabulary))
    }
    return try writer.finish()
  }

  /// Appends all that a cursor has left, whose codes are those of the section.
  package mutating func append(_ cursor: RollupCursor) throws(StoreError) {
    while !cursor.isAtEnd {
      if !cursor.isSameItem { try beginItem(group: cursor.group, item: cursor.item) }
      try append(cursor.leaf)
      try cursor.advance()
    }
  }
}
