import Columnar

/// Reads structures in Thrift's compact protocol. What it reads is not trusted: depth and counts are bounded by the bytes
/// that are there, and a field of a type other than the expected one is an error.
struct CompactReader {
  struct Field {
    let id: Int16
    let type: CompactType
  }

  private static let deepest = 64

  private var reader: ByteReader
  private var depth = 0

  init(_ bytes: Bytes, at offset: Int = 0) { reader = ByteReader(bytes, at: offset) }

  /// Where the next byte is read.
  var offset: Int { reader.offset }

  /// Calls `body` for each field of a structure; `body` reads the field or skips it.
  mutating func structure(
    _ body: (inout CompactReader, Field) throws(FormatError) -> Void
  ) throws(FormatError) {
    guard depth < Self.deepest else { throw FormatError(offset: offset, "structures are nested too deeply") }
    depth += 1
    var last: Int16 = 0
    while true {
      let start = offset
      let byte = try reader.read(UInt8.self, "field")
      if byte == CompactType.stop.rawValue { break }
      guard let type = CompactType(rawValue: byte & 15), type != .stop else {
        throw FormatError(offset: start, "a field of the unknown type \(byte & 15)")
      }
      let id: Int64
      if byte >> 4 == 0 {
        id = try reader.readSignedVarint("field id")
      } else {
        id = Int64(last) + Int64(byte >> 4)
      }
      guard let short = Int16(exactly: id) else { throw FormatError(offset: start, "field id \(id) is out of range") }
      last = short
      try body(&self, Field(id: short, type: type))
    }
    depth -= 1
  }

  mutating func structure(
    _ field: Field, _ body: (inout CompactReader, Field) throws(FormatError) -> Void
  ) throws(FormatError) {
    try expect(field, .structure)
    try structure(body)
  }

  mutating func int(_ field: Field) throws(FormatError) -> Int64 {
    switch field.type {
    case .byte: return Int64(try reader.read(Int8.self, "integer"))
    case .int16, .int32, .int64: return try reader.readSignedVarint("integer")
    default: throw mismatch(field)
    }
  }

  mutating func int32(_ field: Field) throws(FormatError) -> Int32 {
    let start = offset
    let value = try int(field)
    guard let short = Int32(exactly: value) else { throw FormatError(offset: start, "integer above 32 bits") }
    return short
  }

  /// An integer that counts bytes, rows or values: not negative.
  mutating func count(_ field: Field) throws(FormatError) -> Int {
    let start = offset
    let value = try int(field)
    guard value >= 0 else { throw FormatError(offset: start, "field \(field.id) is negative") }
    return Int(value)
  }

  func bool(_ field: Field) throws(FormatError) -> Bool {
    switch field.type {
    case .yes: return true
    case .no: return false
    default: throw mismatch(field)
    }
  }

  mutating func binary(_ field: Field) throws(FormatError) -> [UInt8] {
    try expect(field, .binary)
    return try reader.readString("binary", limit: Int.max).array
  }

  mutating func text(_ field: Field) throws(FormatError) -> String {
    try expect(field, .binary)
    return try reader.readText("text", limit: Int.max)
  }

  // MARK: Lists

  mutating func structures(
    _ field: Field, limit: Int, _ body: (inout CompactReader) throws(FormatError) -> Void
  ) throws(FormatError) {
    let count = try list(field, .structure, limit: limit)
    for _ in 0..<count { try body(&self) }
  }

  mutating func ints(_ field: Field, limit: Int) throws(FormatError) -> [Int64] {
    try expect(field, .list)
    let start = offset
    let (count, element) = try listHeader(limit: limit)
    guard element == .int32 || element == .int64 || element == .int16 || count == 0 else {
      throw FormatError(offset: start, "field \(field.id) is no list of integers")
    }
    var items: [Int64] = []
    items.reserveCapacity(count)
    for _ in 0..<count { items.append(try reader.readSignedVarint("integer")) }
    return items
  }

  mutating func bools(_ field: Field, limit: Int) throws(FormatError) -> [Bool] {
    try expect(field, .list)
    let start = offset
    let (count, element) = try listHeader(limit: limit)
    guard element == .yes || element == .no || count == 0 else {
      throw FormatError(offset: start, "field \(field.id) is no list of booleans")
    }
    var items: [Bool] = []
    items.reserveCapacity(count)
    for _ in 0..<count { items.append(try reader.read(UInt8.self, "boolean") == CompactType.yes.rawValue) }
    return items
  }

  mutating func binaries(_ field: Field, limit: Int) throws(FormatError) -> [[UInt8]] {
    let count = try list(field, .binary, limit: limit)
    var items: [[UInt8]] = []
    items.reserveCapacity(count)
    for _ in 0..<count { items.append(try reader.readString("binary", limit: Int.max).array) }
    return items
  }

  mutating func texts(_ field: Field, limit: Int) throws(FormatError) -> [String] {
    let count = try list(field, .binary, limit: limit)
    var items: [String] = []
    for _ in 0..<count { items.append(try reader.readText("text", limit: Int.max)) }
    return items
  }

  // MARK: Skipping

  mutating func skip(_ field: Field) throws(FormatError) {
    if field.type == .yes || field.type == .no { return }
    try skip(field.type)
  }

  private mutating func skip(_ type: CompactType) throws(FormatError) {
    switch type {
    case .stop: break
    case .yes, .no, .byte: _ = try reader.read(UInt8.self, "byte")
    case .int16, .int32, .int64: _ = try reader.readVarint("integer")
    case .double: _ = try reader.read(UInt64.self, "double")
    case .uuid: _ = try reader.readBytes(16, "uuid")
    case .binary: _ = try reader.readString("binary", limit: Int.max)
    case .structure: try structure { (reader, field) throws(FormatError) in try reader.skip(field) }
    case .list, .set:
      let (count, element) = try listHeader(limit: Int.max)
      try nested { (reader) throws(FormatError) in
        for _ in 0..<count { try reader.skip(element) }
      }
    case .map:
      let count = try reader.readCount("map", limit: max(0, reader.remaining - 1))
      if count == 0 { return }
      let types = try reader.read(UInt8.self, "types of a map")
      guard let key = CompactType(rawValue: types >> 4), let value = CompactType(rawValue: types & 15) else {
        throw FormatError(offset: offset, "a map of unknown types")
      }
      try nested { (reader) throws(FormatError) in
        for _ in 0..<count {
          try reader.skip(key)
          try reader.skip(value)
        }
      }
    }
  }

  private mutating func nested(_ body: (inout CompactReader) throws(FormatError) -> Void) throws(FormatError) {
    guard depth < Self.deepest else { throw FormatError(offset: offset, "structures are nested too deeply") }
    depth += 1
    try body(&self)
    depth -= 1
  }

  private mutating func list(_ field: Field, _ type: CompactType, limit: Int) throws(FormatError) -> Int {
    try expect(field, .list)
    let start = offset
    let (count, element) = try listHeader(limit: limit)
    guard element == type || count == 0 else {
      throw FormatError(offset: start, "field \(field.id) is a list of another type")
    }
    return count
  }

  /// Every element takes a byte at least, so a count above the bytes that are left is wrong.
  private mutating func listHeader(limit: Int) throws(FormatError) -> (count: Int, element: CompactType) {
    let start = offset
    let byte = try reader.read(UInt8.self, "list")
    guard let element = CompactType(rawValue: byte & 15), element != .stop || byte == 0 else {
      throw FormatError(offset: start, "a list of the unknown type \(byte & 15)")
    }
    var count = Int(byte >> 4)
    if count == 15 { count = try reader.readCount("list", limit: min(limit, reader.remaining)) }
    guard count <= min(limit, reader.remaining) else {
      throw FormatError(offset: start, "a list of \(count) is longer than its limit or the file")
    }
    return (count, element)
  }

  private func expect(_ field: Field, _ type: CompactType) throws(FormatError) {
    guard field.type == type else { throw mismatch(field) }
  }

  private func mismatch(_ field: Field) -> FormatError {
    FormatError(offset: offset, "field \(field.id) is of the unexpected type \(field.type.rawValue)")
  }
}
