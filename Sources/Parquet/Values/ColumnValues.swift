import Columnar

/// The values of a column that are there, end to end, nulls left out.
package enum ColumnValues: Hashable, Sendable {
  case boolean([Bool])
  case int32([Int32])
  case int64([Int64])
  case float([Float])
  case double([Double])
  case bytes(ByteColumn)
  /// Also the timestamps of twelve bytes.
  case fixed(FixedColumn)

  package var count: Int {
    switch self {
    case .boolean(let values): values.count
    case .int32(let values): values.count
    case .int64(let values): values.count
    case .float(let values): values.count
    case .double(let values): values.count
    case .bytes(let values): values.count
    case .fixed(let values): values.count
    }
  }

  /// Bytes of byte strings, of which there can be too many.
  var stringBytes: Int { if case .bytes(let column) = self { column.strings.arena.count } else { 0 } }

  static func empty(_ column: ParquetColumn) -> ColumnValues {
    switch column.type {
    case .boolean: .boolean([])
    case .int32: .int32([])
    case .int64: .int64([])
    case .int96: .fixed(FixedColumn(width: 12))
    case .float: .float([])
    case .double: .double([])
    case .byteArray: .bytes(ByteColumn(ByteStrings()))
    case .fixedLengthByteArray: .fixed(FixedColumn(width: column.length))
    }
  }

  func fits(_ column: ParquetColumn) -> Bool {
    switch (self, column.type) {
    case (.boolean, .boolean), (.int32, .int32), (.int64, .int64), (.float, .float), (.double, .double),
      (.bytes, .byteArray):
      true
    case (.fixed(let values), .fixedLengthByteArray): values.width == column.length
    case (.fixed(let values), .int96): values.width == 12
    default: false
    }
  }

  mutating func append(_ other: ColumnValues, _ range: Range<Int>) {
    // Each array leaves `self` before it grows, so that it is not copied.
    switch (self, other) {
    case (.boolean(var values), .boolean(let more)):
      self = .boolean([])
      values.append(contentsOf: more[range])
      self = .boolean(values)
    case (.int32(var values), .int32(let more)):
      self = .boolean([])
      values.append(contentsOf: more[range])
      self = .int32(values)
    case (.int64(var values), .int64(let more)):
      self = .boolean([])
      values.append(contentsOf: more[range])
      self = .int64(values)
    case (.float(var values), .float(let more)):
      self = .boolean([])
      values.append(contentsOf: more[range])
      self = .float(values)
    case (.double(var values), .double(let more)):
      self = .boolean([])
      values.append(contentsOf: more[range])
      self = .double(values)
    case (.bytes(var values), .bytes(let more)):
      self = .boolean([])
      values.append(more, range)
      self = .bytes(values)
    case (.fixed(var values), .fixed(let more)):
      self = .boolean([])
      values.bytes.append(contentsOf: more.bytes[range.lowerBound * more.width..<range.upperBound * more.width])
      self = .fixed(values)
    default: preconditionFailure("values of another type")
    }
  }
}
