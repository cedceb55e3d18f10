import Columnar

/// What stands before a page.
struct PageHeader {
  enum Kind: Int32 {
    case data = 0
    case index = 1
    case dictionary = 2
    case dataV2 = 3
  }

  var kind = Kind.data
  var uncompressedSize = 0
  var compressedSize = 0
  var checksum: UInt32?
  /// Nulls included.
  var valueCount = 0
  var encoding: Int32 = 0
  var definitionEncoding: Int32 = PageEncoding.rle.rawValue
  var repetitionEncoding: Int32 = PageEncoding.rle.rawValue
  // Of version 2.
  var nullCount = 0
  var rowCount = 0
  var definitionLength = 0
  var repetitionLength = 0
  var isCompressed = true

  init() {}

  /// Reads the header at `offset`; `end` is where it ended.
  init(_ bytes: Bytes, at offset: Int, end: inout Int) throws(FormatError) {
    var reader = CompactReader(bytes, at: offset)
    var hasDetails = false
    try reader.structure { (reader, field) throws(FormatError) in
      switch field.id {
      case 1:
        let code = try reader.int32(field)
        guard let known = Kind(rawValue: code) else {
          throw FormatError(offset: offset, "unsupported: pages of type \(code)")
        }
        kind = known
      case 2: uncompressedSize = try reader.count(field)
      case 3: compressedSize = try reader.count(field)
      case 4: checksum = UInt32(bitPattern: try reader.int32(field))
      case 5, 7, 8:
        hasDetails = true
        try readDetails(&reader, field)
      default: try reader.skip(field)
      }
    }
    guard hasDetails || kind == .index else {
      throw FormatError(offset: offset, "a page without the header of its type")
    }
    end = reader.offset
  }

  private mutating func readDetails(
    _ reader: inout CompactReader, _ field: CompactReader.Field
  ) throws(FormatError) {
    let expected: Int16 =
      switch kind {
      case .data: 5
      case .index: 6
      case .dictionary: 7
      case .dataV2: 8
      }
    guard field.id == expected else {
      throw FormatError(offset: reader.offset, "a page with the header of another type")
    }
    try reader.structure(field) { (reader, field) throws(FormatError) in
      switch (kind, field.id) {
      case (_, 1): valueCount = try reader.count(field)
      case (.data, 2), (.dictionary, 2), (.dataV2, 4): encoding = try reader.int32(field)
      case (.data, 3): definitionEncoding = try reader.int32(field)
      case (.data, 4): repetitionEncoding = try reader.int32(field)
      case (.dataV2, 2): nullCount = try reader.count(field)
      case (.dataV2, 3): rowCount = try reader.count(field)
      case (.dataV2, 5): definitionLength = try reader.count(field)
      case (.dataV2, 6): repetitionLength = try reader.count(field)
      case (.dataV2, 7): isCompressed = try reader.bool(field)
      default: try reader.skip(field)
      }
    }
  }

  var bytes: [UInt8] {
    CompactWriter.bytes { writer in
      writer.int(1, kind.rawValue)
      writer.int(2, Int32(uncompressedSize))
      writer.int(3, Int32(compressedSize))
      if let checksum { writer.int(4, Int32(bitPattern: checksum)) }
      switch kind {
      case .data:
        writer.structure(5) { writer in
          writer.int(1, Int32(valueCount))
          writer.int(2, encoding)
          writer.int(3, definitionEncoding)
          writer.int(4, repetitionEncoding)
        }
      case .index: break
      case .dictionary:
        writer.structure(7) { writer in
          writer.int(1, Int32(valueCount))
          writer.int(2, encoding)
        }
      case .dataV2:
        writer.structure(8) { writer in
          writer.int(1, Int32(valueCount))
          writer.int(2, Int32(nullCount))
          writer.int(3, Int32(rowCount))
          writer.int(4, encoding)
          writer.int(5, Int32(definitionLength))
          writer.int(6, Int32(repetitionLength))
          writer.bool(7, isCompressed)
        }
      }
    }
  }
}
