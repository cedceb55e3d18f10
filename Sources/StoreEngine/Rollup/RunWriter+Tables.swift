extension RunWriter {
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
