import Columnar

/// The fields of a file and the columns that follow from them.
package struct ParquetSchema: Sendable {
  package let fields: [SchemaField]
  /// The leaves, in the order in which row groups hold them.
  package let columns: [ParquetColumn]
  private let rootName: String

  package init(_ fields: [SchemaField], rootName: String = "schema") {
    self.fields = fields
    self.rootName = rootName
    var columns: [ParquetColumn] = []
    for field in fields { Self.collect(field, [], 0, 0, &columns) }
    self.columns = columns
  }

  /// The place of the column of this name, with points between the parts of its path.
  package func column(_ name: String) -> Int? { columns.firstIndex { $0.name == name } }

  private static func collect(
    _ field: SchemaField, _ path: [String], _ definition: UInt8, _ repetition: UInt8, _ columns: inout [ParquetColumn]
  ) {
    let path = path + [field.name]
    let definition = definition + (field.repetition == .required ? 0 : 1)
    let repetition = repetition + (field.repetition == .repeated ? 1 : 0)
    switch field.content {
    case .column(let type, let length):
      columns.append(
        ParquetColumn(
          path: path, type: type, length: length, logical: field.logical, maxDefinition: definition,
          maxRepetition: repetition))
    case .group(let fields):
      for field in fields { collect(field, path, definition, repetition, &columns) }
    }
  }

  // MARK: Files

  init(_ elements: [SchemaElement], offset: Int, limits: ParquetLimits) throws(FormatError) {
    guard let root = elements.first, let count = root.childCount else {
      throw FormatError(offset: offset, "the schema has no root")
    }
    var next = 1
    let fields = try Self.fields(count, elements, &next, depth: 1, offset, limits)
    guard next == elements.count else {
      throw FormatError(offset: offset, "the schema has elements outside of its root")
    }
    self.init(fields, rootName: root.name)
  }

  private static func fields(
    _ count: Int, _ elements: [SchemaElement], _ next: inout Int, depth: Int, _ offset: Int, _ limits: ParquetLimits
  ) throws(FormatError) -> [SchemaField] {
    guard depth <= limits.nesting else {
      throw FormatError(offset: offset, "the schema is nested deeper than \(limits.nesting)")
    }
    guard count <= elements.count - next else { throw FormatError(offset: offset, "the schema ends early") }
    var fields: [SchemaField] = []
    for _ in 0..<count {
      guard next < elements.count else { throw FormatError(offset: offset, "the schema ends early") }
      let element = elements[next]
      next += 1
      let repetition = element.repetition ?? .required
      if let children = element.childCount, children > 0 || element.type == nil {
        let group = try Self.fields(children, elements, &next, depth: depth + 1, offset, limits)
        fields.append(SchemaField(element.name, repetition, group: group, element.logical, id: element.fieldID))
        continue
      }
      guard let type = element.type else {
        throw FormatError(offset: offset, "the column \(element.name) has no type")
      }
      let length = type == .fixedLengthByteArray ? Int(element.length ?? 0) : 0
      guard type != .fixedLengthByteArray || (length > 0 && length <= limits.fixedLength) else {
        throw FormatError(offset: offset, "the column \(element.name) has the width \(length)")
      }
      try check(element, type, length, offset)
      fields.append(
        SchemaField(element.name, repetition, type, length: length, element.logical, id: element.fieldID))
    }
    return fields
  }

  /// Rejects logical types that contradict the physical ones, so that who reads values need not ask again.
  private static func check(
    _ element: SchemaElement, _ type: PhysicalType, _ length: Int, _ offset: Int
  ) throws(FormatError) {
    let fits: Bool
    switch element.logical {
    case .decimal(let precision, let scale):
      fits =
        precision > 0 && scale >= 0 && scale <= precision
        && [.int32, .int64, .byteArray, .fixedLengthByteArray].contains(type)
    case .string, .json, .bson, .enumeration: fits = type == .byteArray || type == .fixedLengthByteArray
    case .date: fits = type == .int32
    case .time(_, let unit): fits = type == (unit == .milliseconds ? .int32 : .int64)
    case .timestamp: fits = type == .int64
    case .integer(let bits, _): fits = type == (bits == 64 ? .int64 : .int32)
    case .uuid: fits = type == .fixedLengthByteArray && length == 16
    case .float16: fits = type == .fixedLengthByteArray && length == 2
    case .interval: fits = type == .fixedLengthByteArray && length == 12
    case .map, .list: fits = false
    case nil, .unknown, .other: fits = true
    }
    guard fits else {
      throw FormatError(offset: offset, "the column \(element.name) has a logical type that its values cannot have")
    }
  }

  var elements: [SchemaElement] {
    var elements = [SchemaElement(name: rootName, childCount: fields.count)]
    for field in fields { Self.append(field, &elements) }
    return elements
  }

  private static func append(_ field: SchemaField, _ elements: inout [SchemaElement]) {
    var element = SchemaElement(name: field.name)
    element.repetition = field.repetition
    element.logical = field.logical
    element.fieldID = field.id
    switch field.content {
    case .column(let type, let length):
      element.type = type
      element.length = length > 0 ? Int32(length) : nil
      elements.append(element)
    case .group(let fields):
      element.childCount = fields.count
      elements.append(element)
      for field in fields { append(field, &elements) }
    }
  }
}
