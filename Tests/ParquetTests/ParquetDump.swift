import Columnar
import Parquet

/// The values of a file as text, in the form of `Tests/Golden/parquet/make.py`.
enum ParquetDump {
  static func text(_ reader: ParquetReader) throws -> String {
    var lines: [String] = []
    for (index, column) in reader.schema.columns.enumerated() {
      lines.append("\(column.name) \(name(column.type))")
      for group in reader.metadata.rowGroups.indices {
        lines += try Self.lines(reader.column(index, rowGroup: group), column)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func name(_ type: PhysicalType) -> String {
    switch type {
    case .boolean: "BOOLEAN"
    case .int32: "INT32"
    case .int64: "INT64"
    case .int96: "INT96"
    case .float: "FLOAT"
    case .double: "DOUBLE"
    case .byteArray: "BYTE_ARRAY"
    case .fixedLengthByteArray: "FIXED_LEN_BYTE_ARRAY"
    }
  }

  static func lines(_ batch: ColumnBatch, _ column: ParquetColumn) -> [String] {
    var next = 0
    return (0..<batch.levelCount).map { level in
      var parts: [String] = []
      if let repetition = batch.repetition { parts.append(String(repetition[level])) }
      if let definition = batch.definition { parts.append(String(definition[level])) }
      if (batch.definition?[level] ?? 0) == column.maxDefinition {
        parts.append(value(batch.values, next, column))
        next += 1
      } else {
        parts.append("null")
      }
      return parts.joined(separator: " ")
    }
  }

  private static func value(_ values: ColumnValues, _ index: Int, _ column: ParquetColumn) -> String {
    let isUnsigned = if case .integer(_, false) = column.logical { true } else { false }
    switch values {
    case .boolean(let values): return values[index] ? "true" : "false"
    case .int32(let values):
      return isUnsigned ? String(UInt32(bitPattern: values[index])) : String(values[index])
    case .int64(let values):
      return isUnsigned ? String(UInt64(bitPattern: values[index])) : String(values[index])
    case .float(let values): return "b" + hexadecimal(values[index].bitPattern, 8)
    case .double(let values): return "b" + hexadecimal(values[index].bitPattern, 16)
    case .bytes(let values): return bytes(values[index], column)
    case .fixed(let values):
      return column.type == .int96 ? String(values.nanoseconds(index)) : bytes(values[index], column)
    }
  }

  private static func bytes(_ bytes: [UInt8], _ column: ParquetColumn) -> String {
    if case .decimal = column.logical {
      var number: Int128 = (bytes.first ?? 0) >= 0x80 ? -1 : 0
      for byte in bytes { number = number << 8 | Int128(byte) }
      return String(number)
    }
    return "x" + bytes.map { hexadecimal($0, 2) }.joined()
  }

  private static func hexadecimal(_ value: some FixedWidthInteger, _ digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: digits - text.utf8.count) + text
  }
}
