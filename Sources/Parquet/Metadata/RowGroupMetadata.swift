import Columnar

/// A horizontal part of a file.
package struct RowGroupMetadata: Sendable {
  package var columns: [ColumnChunkMetadata] = []
  /// Bytes of all pages, decompressed.
  package var byteSize = 0
  package var rowCount = 0
  /// How the rows are sorted; empty where nobody says.
  package var sorting: [SortingColumn] = []
  var ordinal: Int16?

  init() {}

  init(_ reader: inout CompactReader, limits: ParquetLimits) throws(FormatError) {
    try reader.structure { (reader, field) throws(FormatError) in
      switch field.id {
      case 1:
        try reader.structures(field, limit: limits.columns) { (reader) throws(FormatError) in
          columns.append(try ColumnChunkMetadata(&reader, limits: limits))
        }
      case 2: byteSize = try reader.count(field)
      case 3: rowCount = try reader.count(field)
      case 4:
        try reader.structures(field, limit: limits.columns) { (reader) throws(FormatError) in
          sorting.append(try SortingColumn(&reader))
        }
      default: try reader.skip(field)
      }
    }
  }

  func write(_ writer: inout CompactWriter) {
    writer.structures(1, columns) { $1.write(&$0) }
    writer.int(2, Int64(byteSize))
    writer.int(3, Int64(rowCount))
    if !sorting.isEmpty { writer.structures(4, sorting) { $1.write(&$0) } }
    if let first = columns.first {
      writer.int(5, Int64(first.dictionaryPageOffset ?? first.dataPageOffset))
      writer.int(6, Int64(columns.reduce(0) { $0 + $1.compressedSize }))
    }
    if let ordinal { writer.int(7, ordinal) }
  }
}

/// A column by which rows are sorted.
package struct SortingColumn: Hashable, Sendable {
  package var column: Int
  package var isDescending: Bool
  package var nullsFirst: Bool

  package init(_ column: Int, isDescending: Bool = false, nullsFirst: Bool = false) {
    self.column = column
    self.isDescending = isDescending
    self.nullsFirst = nullsFirst
  }

  init(_ reader: inout CompactReader) throws(FormatError) {
    self.init(0)
    try reader.structure { (reader, field) throws(FormatError) in
      switch field.id {
      case 1: column = try reader.count(field)
      case 2: isDescending = try reader.bool(field)
      case 3: nullsFirst = try reader.bool(field)
      default: try reader.skip(field)
      }
    }
  }

  func write(_ writer: inout CompactWriter) {
    writer.int(1, Int32(column))
    writer.bool(2, isDescending)
    writer.bool(3, nullsFirst)
  }
}
