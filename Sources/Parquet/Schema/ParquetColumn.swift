/// A column of a file: a leaf of the schema.
package struct ParquetColumn: Hashable, Sendable {
  /// The names from the root to the leaf.
  package let path: [String]
  package let type: PhysicalType
  /// The width of fixed-length values, else 0.
  package let length: Int
  package let logical: LogicalType?
  /// The definition level of a value that is there: how many fields on the path may be absent.
  package let maxDefinition: UInt8
  /// How many fields on the path repeat.
  package let maxRepetition: UInt8

  /// The names with points between.
  package var name: String { path.joined(separator: ".") }

  /// How the format orders values, for statistics.
  var order: ValueOrder {
    switch (type, logical) {
    case (_, .unknown), (_, .interval), (_, .other), (_, .bson): .undefined
    case (.boolean, _): .signed
    case (.int32, .integer(_, false)), (.int64, .integer(_, false)): .unsigned
    case (.int32, _), (.int64, _): .signed
    case (.float, _), (.double, _): .floating
    case (.fixedLengthByteArray, .float16), (.int96, _): .undefined
    case (.byteArray, .decimal), (.fixedLengthByteArray, .decimal): .bigEndian
    case (.byteArray, _), (.fixedLengthByteArray, _): .bytewise
    }
  }
}

/// The order of values in statistics; see ColumnOrder in parquet.thrift.
enum ValueOrder {
  case signed
  case unsigned
  case floating
  case bytewise
  /// Signed integers, the highest byte first.
  case bigEndian
  /// No bounds are written, and none are trusted.
  case undefined
}
