import Columnar

/// One entry of the flattened schema in a footer.
struct SchemaElement: Sendable {
  var name: String
  var type: PhysicalType?
  var length: Int32?
  var repetition: Repetition?
  var childCount: Int?
  var logical: LogicalType?
  var fieldID: Int32?

  init(name: String, childCount: Int? = nil) {
    self.name = name
    self.childCount = childCount
  }

  init(_ reader: inout CompactReader) throws(FormatError) {
    name = ""
    var converted: Int32?
    var scale: Int32 = 0
    var precision: Int32 = 0
    try reader.structure { (reader, field) throws(FormatError) in
      let start = reader.offset
      switch field.id {
      case 1:
        let code = try reader.int32(field)
        type = PhysicalType(rawValue: code)
        if type == nil { throw FormatError(offset: start, "unsupported: physical type \(code)") }
      case 2: length = try reader.int32(field)
      case 3:
        let code = try reader.int32(field)
        repetition = Repetition(rawValue: code)
        if repetition == nil { throw FormatError(offset: start, "unknown repetition \(code)") }
      case 4: name = try reader.text(field)
      case 5: childCount = try reader.count(field)
      case 6: converted = try reader.int32(field)
      case 7: scale = try reader.int32(field)
      case 8: precision = try reader.int32(field)
      case 9: fieldID = try reader.int32(field)
      case 10: logical = try LogicalType(&reader, field)
      default: try reader.skip(field)
      }
    }
    if logical == nil, let converted {
      logical = LogicalType(convertedType: converted, precision: precision, scale: scale)
    }
  }

  func write(_ writer: inout CompactWriter) {
    if let type { writer.int(1, type.rawValue) }
    if let length { writer.int(2, length) }
    if let repetition { writer.int(3, repetition.rawValue) }
    writer.text(4, name)
    if let childCount { writer.int(5, Int32(childCount)) }
    if let converted = logical?.convertedType { writer.int(6, converted) }
    if case .decimal(let precision, let scale) = logical {
      writer.int(7, scale)
      writer.int(8, precision)
    }
    if let fieldID { writer.int(9, fieldID) }
    logical?.write(&writer, 10)
  }
}
