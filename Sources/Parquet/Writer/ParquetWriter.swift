import Columnar

/// Writes a file from its start to its end: row groups as they are given, then indexes and the footer.
///
/// The bytes go to whatever `sink` does with them, a column chunk at a time; the writer touches no files. It holds one
/// column chunk and the metadata of those before.
package struct ParquetWriter: Sendable {
  package let schema: ParquetSchema
  package let options: ParquetWriterOptions
  private var offset = 0
  private var rowGroups: [RowGroupMetadata] = []
  private var indexes: [[(offset: OffsetIndex, column: ColumnIndex?)]] = []
  private var isFinished = false
  /// By column, how chunks of it were stored, for small ones that follow.
  private var examples: [ChunkExample?]
  private let compressor: PageCompressor

  package init(_ schema: ParquetSchema, options: ParquetWriterOptions) {
    self.init(schema, options, PageCompressor(options.codec))
  }

  private init(_ schema: ParquetSchema, _ options: ParquetWriterOptions, _ compressor: PageCompressor) {
    self.schema = schema
    self.options = options
    self.compressor = compressor
    examples = Array(repeating: nil, count: schema.columns.count)
  }

  /// Begins another file with the schema and the options of this one; small files are then written as this one was.
  package func next() -> ParquetWriter {
    var writer = ParquetWriter(schema, options, compressor)
    writer.examples = examples
    return writer
  }

  /// Bytes handed to the sink so far.
  package var byteCount: Int { offset }

  package var rowCount: Int { rowGroups.reduce(0) { $0 + $1.rowCount } }

  /// Writes rows as one row group, or as several where they are more than fit into one. `columns` are those of the schema
  /// in its order, and all have as many rows.
  package mutating func write<E: Error>(
    _ columns: [ColumnBatch], to sink: ([UInt8]) throws(E) -> Void
  ) throws(E) {
    precondition(columns.count == schema.columns.count && !isFinished, "a batch has every column of the schema")
    let rows = columns.first?.rowCount ?? 0
    guard rows > 0 else { return }
    guard rows > options.rowGroupRows else { return try writeRowGroup(columns, rows, sink) }
    var cursors = columns.map { (batch: $0, level: 0, value: 0) }
    var left = rows
    while left > 0 {
      let count = min(left, options.rowGroupRows)
      var parts: [ColumnBatch] = []
      for index in cursors.indices { parts.append(Self.split(&cursors[index], count, schema.columns[index])) }
      try writeRowGroup(parts, count, sink)
      left -= count
    }
  }

  private static func split(
    _ cursor: inout (batch: ColumnBatch, level: Int, value: Int), _ rows: Int, _ column: ParquetColumn
  ) -> ColumnBatch {
    var level = cursor.level
    if let repetition = cursor.batch.repetition {
      var begun = 0
      while level < repetition.count {
        if repetition[level] == 0 {
          if begun == rows { break }
          begun += 1
        }
        level += 1
      }
    } else {
      level += rows
    }
    var value = cursor.value
    if let definition = cursor.batch.definition {
      for index in cursor.level..<level where definition[index] == column.maxDefinition { value += 1 }
    } else {
      value += level - cursor.level
    }
    var part = ColumnBatch.empty(column)
    part.append(cursor.batch, levels: cursor.level..<level, values: cursor.value..<value)
    cursor.level = level
    cursor.value = value
    return part
  }

  private mutating func writeRowGroup<E: Error>(
    _ columns: [ColumnBatch], _ rows: Int, _ sink: ([UInt8]) throws(E) -> Void
  ) throws(E) {
    if offset == 0 { try emit(ParquetMagic.plain, sink) }
    var group = RowGroupMetadata()
    group.rowCount = rows
    group.sorting = options.sorting
    group.ordinal = Int16(exactly: rowGroups.count)
    var groupIndexes: [(offset: OffsetIndex, column: ColumnIndex?)] = []
    var filters: [(column: Int, bytes: [UInt8])] = []
    for (index, column) in schema.columns.enumerated() {
      precondition(
        columns[index].values.fits(column) && columns[index].rowCount == rows,
        "column \(column.name) has values of another type, or another number of rows")
      var chunk = ChunkEncoder.encode(column, columns[index], options, compressor, example: &examples[index])
      chunk.shift(by: offset)
      try emit(chunk.bytes, sink)
      group.columns.append(chunk.metadata)
      group.byteSize += chunk.metadata.uncompressedSize
      groupIndexes.append((chunk.offsetIndex, chunk.columnIndex))
      if let filter = chunk.bloomFilter { filters.append((index, filter.bytes)) }
    }
    for filter in filters {
      group.columns[filter.column].bloomFilterOffset = offset
      group.columns[filter.column].bloomFilterLength = filter.bytes.count
      try emit(filter.bytes, sink)
    }
    rowGroups.append(group)
    indexes.append(groupIndexes)
  }

  /// Writes the indexes and the footer, without which nobody can read the file.
  package mutating func finish<E: Error>(to sink: ([UInt8]) throws(E) -> Void) throws(E) {
    precondition(!isFinished, "a file is finished once")
    isFinished = true
    if offset == 0 { try emit(ParquetMagic.plain, sink) }
    for group in rowGroups.indices {
      for column in rowGroups[group].columns.indices {
        guard let bytes = indexes[group][column].column?.bytes else { continue }
        rowGroups[group].columns[column].columnIndexOffset = offset
        rowGroups[group].columns[column].columnIndexLength = bytes.count
        try emit(bytes, sink)
      }
    }
    for group in rowGroups.indices {
      for column in rowGroups[group].columns.indices {
        let bytes = indexes[group][column].offset.bytes
        rowGroups[group].columns[column].offsetIndexOffset = offset
        rowGroups[group].columns[column].offsetIndexLength = bytes.count
        try emit(bytes, sink)
      }
    }
    var footer = FileMetadata(
      schema: schema, rowCount: rowCount, rowGroups: rowGroups, keyValues: options.keyValues,
      createdBy: options.createdBy
    ).bytes
    let length = UInt32(footer.count)
    unsafe withUnsafeBytes(of: length.littleEndian) { unsafe footer.append(contentsOf: $0) }
    try emit(footer + ParquetMagic.plain, sink)
  }

  private mutating func emit<E: Error>(_ bytes: [UInt8], _ sink: ([UInt8]) throws(E) -> Void) throws(E) {
    try sink(bytes)
    offset += bytes.count
  }
}
