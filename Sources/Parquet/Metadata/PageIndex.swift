import Columnar

/// Where each data page of a column chunk lies.
package struct OffsetIndex: Hashable, Sendable {
  package struct Page: Hashable, Sendable {
    package var offset: Int
    /// With its header.
    package var compressedSize: Int
    package var firstRow: Int
  }

  package var pages: [Page] = []

  init() {}

  init(_ bytes: Bytes, rowCount: Int, limits: ParquetLimits) throws(FormatError) {
    var reader = CompactReader(bytes)
    try reader.structure { (reader, field) throws(FormatError) in
      guard field.id == 1 else { return try reader.skip(field) }
      try reader.structures(field, limit: bytes.count) { (reader) throws(FormatError) in
        var page = Page(offset: 0, compressedSize: 0, firstRow: 0)
        try reader.structure { (reader, field) throws(FormatError) in
          switch field.id {
          case 1: page.offset = try reader.count(field)
          case 2: page.compressedSize = try reader.count(field)
          case 3: page.firstRow = try reader.count(field)
          default: try reader.skip(field)
          }
        }
        let before = pages.last?.firstRow ?? 0
        guard page.firstRow >= before, page.firstRow <= rowCount, !pages.isEmpty || page.firstRow == 0 else {
          throw FormatError(offset: reader.offset, "the rows of an offset index do not ascend")
        }
        pages.append(page)
      }
    }
  }

  var bytes: [UInt8] {
    CompactWriter.bytes { writer in
      writer.structures(1, pages) { writer, page in
        writer.int(1, Int64(page.offset))
        writer.int(2, Int32(page.compressedSize))
        writer.int(3, Int64(page.firstRow))
      }
    }
  }
}

/// The bounds of each data page of a column chunk.
package struct ColumnIndex: Hashable, Sendable {
  package enum Order: Int32, Sendable {
    case unordered = 0
    case ascending = 1
    case descending = 2
  }

  /// Pages that hold nothing but nulls; their bounds mean nothing.
  package var isNull: [Bool] = []
  package var minimums: [[UInt8]] = []
  package var maximums: [[UInt8]] = []
  package var order = Order.unordered
  package var nullCounts: [Int64]?
  var nanCounts: [Int64]?

  init() {}

  init(_ bytes: Bytes, limits: ParquetLimits) throws(FormatError) {
    var reader = CompactReader(bytes)
    try reader.structure { (reader, field) throws(FormatError) in
      switch field.id {
      case 1: isNull = try reader.bools(field, limit: bytes.count)
      case 2: minimums = try reader.binaries(field, limit: bytes.count)
      case 3: maximums = try reader.binaries(field, limit: bytes.count)
      case 4: order = Order(rawValue: try reader.int32(field)) ?? .unordered
      case 5: nullCounts = try reader.ints(field, limit: bytes.count)
      default: try reader.skip(field)
      }
    }
    guard minimums.count == isNull.count, maximums.count == isNull.count,
      nullCounts == nil || nullCounts?.count == isNull.count
    else { throw FormatError(offset: 0, "the lists of a column index differ in length") }
  }

  var bytes: [UInt8] {
    CompactWriter.bytes { writer in
      writer.bools(1, isNull)
      writer.binaries(2, minimums)
      writer.binaries(3, maximums)
      writer.int(4, order.rawValue)
      if let nullCounts { writer.ints(5, nullCounts) }
      if let nanCounts { writer.ints(8, nanCounts) }
    }
  }
}
