import Columnar

/// Where the pages of a column in a row group lie, and what they are.
package struct ColumnChunkMetadata: Sendable {
  package var type = PhysicalType.boolean
  package var encodings: [Int32] = []
  package var path: [String] = []
  package var codec: Int32 = 0
  package var valueCount = 0
  package var uncompressedSize = 0
  package var compressedSize = 0
  package var dataPageOffset = 0
  package var dictionaryPageOffset: Int?
  package var statistics: ColumnStatistics?
  package var bloomFilterOffset: Int?
  package var bloomFilterLength: Int?
  package var offsetIndexOffset: Int?
  package var offsetIndexLength: Int?
  package var columnIndexOffset: Int?
  package var columnIndexLength: Int?
  /// Pages by type and encoding, for readers that want to know before they read.
  var pageCounts: [(type: Int32, encoding: Int32, count: Int32)] = []

  init() {}

  init(_ reader: inout CompactReader, limits: ParquetLimits) throws(FormatError) {
    var hasMetadata = false
    let start = reader.offset
    try reader.structure { (reader, field) throws(FormatError) in
      switch field.id {
      case 1: throw FormatError(offset: reader.offset, "unsupported: columns in other files")
      case 3:
        hasMetadata = true
        try readMetadata(&reader, field, limits)
      case 4: offsetIndexOffset = try reader.count(field)
      case 5: offsetIndexLength = try reader.count(field)
      case 6: columnIndexOffset = try reader.count(field)
      case 7: columnIndexLength = try reader.count(field)
      case 8: throw FormatError(offset: reader.offset, "unsupported: encryption")
      default: try reader.skip(field)
      }
    }
    guard hasMetadata else { throw FormatError(offset: start, "a column chunk without metadata") }
  }

  private mutating func readMetadata(
    _ reader: inout CompactReader, _ field: CompactReader.Field, _ limits: ParquetLimits
  ) throws(FormatError) {
    var seen: Set<Int16> = []
    let start = reader.offset
    try reader.structure(field) { (reader, field) throws(FormatError) in
      seen.insert(field.id)
      switch field.id {
      case 1:
        let code = try reader.int32(field)
        guard let known = PhysicalType(rawValue: code) else {
          throw FormatError(offset: start, "unsupported: physical type \(code)")
        }
        type = known
      case 2: encodings = try reader.ints(field, limit: 1024).map { Int32(truncatingIfNeeded: $0) }
      case 3: path = try reader.texts(field, limit: limits.nesting)
      case 4: codec = try reader.int32(field)
      case 5: valueCount = try reader.count(field)
      case 6: uncompressedSize = try reader.count(field)
      case 7: compressedSize = try reader.count(field)
      case 9: dataPageOffset = try reader.count(field)
      case 11: dictionaryPageOffset = try reader.count(field)
      case 12: statistics = try ColumnStatistics(&reader, field)
      case 14: bloomFilterOffset = try reader.count(field)
      case 15: bloomFilterLength = try reader.count(field)
      default: try reader.skip(field)
      }
    }
    for required in [1, 4, 5, 7, 9] as [Int16] where !seen.contains(required) {
      throw FormatError(offset: start, "a column chunk's metadata lack field \(required)")
    }
  }

  func write(_ writer: inout CompactWriter) {
    // Deprecated, but required: many readers expect where the chunk ends here, others where it begins; 0 says neither.
    writer.int(2, Int64(0))
    writer.structure(3) { writer in
      writer.int(1, type.rawValue)
      writer.ints(2, encodings)
      writer.binaries(3, path.map { Array($0.utf8) })
      writer.int(4, codec)
      writer.int(5, Int64(valueCount))
      writer.int(6, Int64(uncompressedSize))
      writer.int(7, Int64(compressedSize))
      writer.int(9, Int64(dataPageOffset))
      if let dictionaryPageOffset { writer.int(11, Int64(dictionaryPageOffset)) }
      statistics?.write(&writer, 12)
      writer.structures(13, pageCounts) { writer, item in
        writer.int(1, item.type)
        writer.int(2, item.encoding)
        writer.int(3, item.count)
      }
      if let bloomFilterOffset { writer.int(14, Int64(bloomFilterOffset)) }
      if let bloomFilterLength { writer.int(15, Int32(bloomFilterLength)) }
    }
    if let offsetIndexOffset { writer.int(4, Int64(offsetIndexOffset)) }
    if let offsetIndexLength { writer.int(5, Int32(offsetIndexLength)) }
    if let columnIndexOffset { writer.int(6, Int64(columnIndexOffset)) }
    if let columnIndexLength { writer.int(7, Int32(columnIndexLength)) }
  }
}
