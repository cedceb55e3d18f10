import Columnar

/// A pair that means something to who wrote the file.
package struct KeyValue: Hashable, Sendable {
  package var key: String
  package var value: String?

  package init(_ key: String, _ value: String?) {
    self.key = key
    self.value = value
  }
}

/// The footer of a file.
package struct FileMetadata: Sendable {
  package let schema: ParquetSchema
  package let rowCount: Int
  package let rowGroups: [RowGroupMetadata]
  package let keyValues: [KeyValue]
  package let createdBy: String?
  /// Whether the order of each column's bounds is that of its type: then statistics can be trusted.
  package let hasTypeOrder: [Bool]

  init(
    schema: ParquetSchema, rowCount: Int, rowGroups: [RowGroupMetadata], keyValues: [KeyValue], createdBy: String
  ) {
    self.schema = schema
    self.rowCount = rowCount
    self.rowGroups = rowGroups
    self.keyValues = keyValues
    self.createdBy = createdBy
    hasTypeOrder = schema.columns.map { _ in true }
  }

  init(_ bytes: Bytes, offset: Int, limits: ParquetLimits) throws(FormatError) {
    var elements: [SchemaElement] = []
    var rowCount = 0
    var rowGroups: [RowGroupMetadata] = []
    var keyValues: [KeyValue] = []
    var createdBy: String?
    var orders: [Int16] = []
    var reader = CompactReader(bytes)
    try reader.structure { (reader, field) throws(FormatError) in
      switch field.id {
      case 2:
        try reader.structures(field, limit: limits.columns) { (reader) throws(FormatError) in
          elements.append(try SchemaElement(&reader))
        }
      case 3: rowCount = try reader.count(field)
      case 4:
        try reader.structures(field, limit: limits.rowGroups) { (reader) throws(FormatError) in
          rowGroups.append(try RowGroupMetadata(&reader, limits: limits))
        }
      case 5:
        try reader.structures(field, limit: limits.columns) { (reader) throws(FormatError) in
          keyValues.append(try Self.keyValue(&reader))
        }
      case 6: createdBy = try reader.text(field)
      case 7:
        try reader.structures(field, limit: limits.columns) { (reader) throws(FormatError) in
          var order: Int16 = 0
          try reader.structure { (reader, field) throws(FormatError) in
            order = field.id
            try reader.skip(field)
          }
          orders.append(order)
        }
      case 8: throw FormatError(offset: reader.offset, "unsupported: encryption")
      default: try reader.skip(field)
      }
    }
    let schema = try ParquetSchema(elements, offset: 0, limits: limits)
    var rows = 0
    for group in rowGroups {
      try Self.check(group, schema)
      rows += group.rowCount
      guard rows <= Int(Int64.max >> 8) else { throw FormatError(offset: 0, "the row groups have too many rows") }
    }
    guard rows == rowCount else {
      throw FormatError(offset: 0, "the row groups have \(rows) rows, the footer says \(rowCount)")
    }
    self.schema = schema
    self.rowCount = rowCount
    self.rowGroups = rowGroups
    self.keyValues = keyValues
    self.createdBy = createdBy
    hasTypeOrder = schema.columns.indices.map { orders.count == schema.columns.count && orders[$0] == 1 }
  }

  private static func check(_ group: RowGroupMetadata, _ schema: ParquetSchema) throws(FormatError) {
    guard group.rowCount <= Int(Int64.max >> 8) else { throw FormatError(offset: 0, "a row group has too many rows") }
    guard group.columns.count == schema.columns.count else {
      throw FormatError(
        offset: 0, "a row group has \(group.columns.count) columns, the schema \(schema.columns.count)")
    }
    for (chunk, column) in zip(group.columns, schema.columns) {
      guard chunk.type == column.type else {
        throw FormatError(offset: 0, "the column \(column.name) has another type in a row group than in the schema")
      }
      guard column.maxRepetition > 0 || chunk.valueCount == group.rowCount else {
        throw FormatError(
          offset: 0, "the column \(column.name) has \(chunk.valueCount) values for \(group.rowCount) rows")
      }
    }
  }

  private static func keyValue(_ reader: inout CompactReader) throws(FormatError) -> KeyValue {
    var pair = KeyValue("", nil)
    try reader.structure { (reader, field) throws(FormatError) in
      switch field.id {
      case 1: pair.key = try reader.text(field)
      case 2: pair.value = String(decoding: try reader.binary(field), as: UTF8.self)
      default: try reader.skip(field)
      }
    }
    return pair
  }

  var bytes: [UInt8] {
    CompactWriter.bytes { writer in
      // The version that most files have; what is newer is marked where it stands.
      writer.int(1, Int32(1))
      writer.structures(2, schema.elements) { $1.write(&$0) }
      writer.int(3, Int64(rowCount))
      writer.structures(4, rowGroups) { $1.write(&$0) }
      if !keyValues.isEmpty {
        writer.structures(5, keyValues) { writer, pair in
          writer.text(1, pair.key)
          if let value = pair.value { writer.text(2, value) }
        }
      }
      if let createdBy { writer.text(6, createdBy) }
      writer.structures(7, schema.columns) { writer, _ in writer.structure(1) }
    }
  }
}
