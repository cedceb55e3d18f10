import Columnar

/// What is known of the values of a column chunk or a page. Bounds are in the plain encoding, without the length of byte
/// arrays; they may be shortened, and then no value but a bound still.
package struct ColumnStatistics: Hashable, Sendable {
  package var minimum: [UInt8]?
  package var maximum: [UInt8]?
  package var isMinimumExact = true
  package var isMaximumExact = true
  package var nullCount: Int64?
  package var nanCount: Int64?
  package var distinctCount: Int64?

  package init() {}

  init(_ reader: inout CompactReader, _ field: CompactReader.Field) throws(FormatError) {
    // The bounds of files from before 2017 are left alone, for their order is not known.
    try reader.structure(field) { (reader, field) throws(FormatError) in
      switch field.id {
      case 3: nullCount = try reader.int(field)
      case 4: distinctCount = try reader.int(field)
      case 5: maximum = try reader.binary(field)
      case 6: minimum = try reader.binary(field)
      case 7: isMaximumExact = try reader.bool(field)
      case 8: isMinimumExact = try reader.bool(field)
      case 9: nanCount = try reader.int(field)
      default: try reader.skip(field)
      }
    }
  }

  func write(_ writer: inout CompactWriter, _ id: Int16) {
    writer.structure(id) { writer in
      if let nullCount { writer.int(3, nullCount) }
      if let distinctCount { writer.int(4, distinctCount) }
      if let maximum { writer.binary(5, maximum) }
      if let minimum { writer.binary(6, minimum) }
      if maximum != nil { writer.bool(7, isMaximumExact) }
      if minimum != nil { writer.bool(8, isMinimumExact) }
      if let nanCount { writer.int(9, nanCount) }
    }
  }
}
