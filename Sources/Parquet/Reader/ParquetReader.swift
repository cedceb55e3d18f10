package import Columnar

/// Reads a file from memory, most often a mapped one.
///
/// Nothing in the file is trusted: whatever does not add up is a `FormatError` with the place in the file, and a feature
/// that this library does not have is one whose reason begins with `unsupported`.
package struct ParquetReader: Sendable {
  package let metadata: FileMetadata
  private let file: Bytes
  private let limits: ParquetLimits

  package var schema: ParquetSchema { metadata.schema }

  package init(_ file: Bytes, limits: ParquetLimits = ParquetLimits()) throws(FormatError) {
    self.file = file
    self.limits = limits
    guard file.count >= 12, file.array(0, 4) == ParquetMagic.plain else {
      if file.count >= 4, file.array(0, 4) == ParquetMagic.encrypted {
        throw FormatError(offset: 0, "unsupported: encryption")
      }
      throw FormatError(offset: 0, "no Parquet file: it does not begin with PAR1")
    }
    guard file.array(file.count - 4, 4) == ParquetMagic.plain else {
      throw FormatError(offset: file.count - 4, "the file does not end with PAR1; was it written to its end?")
    }
    let length = Int(file.load(file.count - 8, as: UInt32.self))
    guard length <= limits.footer, length <= file.count - 12 else {
      throw FormatError(offset: file.count - 8, "a footer of \(length) bytes is above the limit or the file")
    }
    let start = file.count - 8 - length
    do throws(FormatError) {
      metadata = try FileMetadata(file.slice(start, length), offset: start, limits: limits)
    } catch {
      throw error.shifted(by: start)
    }
  }

  private func chunk(_ rowGroup: Int, _ column: Int) -> ColumnChunkMetadata {
    metadata.rowGroups[rowGroup].columns[column]
  }

  package func pages(rowGroup: Int, column: Int) throws(FormatError) -> ColumnChunkReader {
    try ColumnChunkReader(file, chunk(rowGroup, column), schema.columns[column], limits: limits)
  }

  /// A whole column of a row group.
  package func column(_ column: Int, rowGroup: Int) throws(FormatError) -> ColumnBatch {
    var reader = try pages(rowGroup: rowGroup, column: column)
    return try checked(try reader.readAll(), column, rows: metadata.rowGroups[rowGroup].rowCount, rowGroup)
  }

  /// The pages in a range of the offset index, and nothing else but the dictionary.
  package func column(
    _ column: Int, rowGroup: Int, pages range: Range<Int>, of index: OffsetIndex
  ) throws(FormatError) -> ColumnBatch {
    var reader = try pages(rowGroup: rowGroup, column: column)
    precondition(range.lowerBound >= 0 && range.upperBound <= index.pages.count, "pages out of bounds")
    var batch = ColumnBatch.empty(schema.columns[column])
    for page in range {
      try reader.seek(to: index.pages[page].offset, values: chunk(rowGroup, column).valueCount)
      guard let read = try reader.nextPage() else { continue }
      batch.append(read, levels: 0..<read.levelCount, values: 0..<read.values.count)
    }
    guard !range.isEmpty else { return batch }
    let end =
      range.upperBound < index.pages.count
      ? index.pages[range.upperBound].firstRow : metadata.rowGroups[rowGroup].rowCount
    return try checked(batch, column, rows: end - index.pages[range.lowerBound].firstRow, rowGroup)
  }

  private func checked(
    _ batch: ColumnBatch, _ column: Int, rows: Int, _ rowGroup: Int
  ) throws(FormatError) -> ColumnBatch {
    guard batch.rowCount == rows else {
      throw FormatError(
        offset: chunk(rowGroup, column).dataPageOffset,
        "column \(schema.columns[column].name): \(batch.rowCount) rows where \(rows) are expected")
    }
    return batch
  }

  // MARK: Indexes

  /// Where the pages lie; nil where the file does not say.
  package func offsetIndex(rowGroup: Int, column: Int) throws(FormatError) -> OffsetIndex? {
    let chunk = chunk(rowGroup, column)
    guard let offset = chunk.offsetIndexOffset, let length = chunk.offsetIndexLength else { return nil }
    return try part(offset, length) { (bytes) throws(FormatError) in
      try OffsetIndex(bytes, rowCount: metadata.rowGroups[rowGroup].rowCount, limits: limits)
    }
  }

  /// The bounds of the pages; nil where the file does not say or their order is not known.
  package func columnIndex(rowGroup: Int, column: Int) throws(FormatError) -> ColumnIndex? {
    let chunk = chunk(rowGroup, column)
    guard metadata.hasTypeOrder[column], schema.columns[column].order != .undefined,
      let offset = chunk.columnIndexOffset, let length = chunk.columnIndexLength
    else { return nil }
    return try part(offset, length) { (bytes) throws(FormatError) in try ColumnIndex(bytes, limits: limits) }
  }

  /// The bounds of a column chunk; nil where the file does not say or their order is not known.
  package func statistics(rowGroup: Int, column: Int) -> ColumnStatistics? {
    guard metadata.hasTypeOrder[column], schema.columns[column].order != .undefined else { return nil }
    return chunk(rowGroup, column).statistics
  }

  package func bloomFilter(rowGroup: Int, column: Int) throws(FormatError) -> BloomFilter? {
    guard let offset = chunk(rowGroup, column).bloomFilterOffset else { return nil }
    guard offset < file.count else { throw FormatError(offset: offset, "a Bloom filter outside of the file") }
    return try BloomFilter(file, at: offset)
  }

  private func part<R>(
    _ offset: Int, _ length: Int, _ read: (Bytes) throws(FormatError) -> R
  ) throws(FormatError) -> R {
    guard offset <= file.count, length <= file.count - offset, length <= limits.footer else {
      throw FormatError(offset: offset, "an index outside of the file")
    }
    do throws(FormatError) {
      return try read(file.slice(offset, length))
    } catch {
      throw error.shifted(by: offset)
    }
  }
}

/// What stands at both ends of a file.
enum ParquetMagic {
  static let plain = Array("PAR1".utf8)
  /// Where the footer is encrypted.
  static let encrypted = Array("PARE".utf8)
}
