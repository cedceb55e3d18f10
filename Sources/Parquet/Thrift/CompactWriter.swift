import Columnar

/// Writes structures in Thrift's compact protocol. Fields are written in ascending order of their ids.
struct CompactWriter {
  private var output = ByteWriter()
  private var last: Int16 = 0

  var bytes: [UInt8] { output.bytes }

  /// A structure that stands alone: `body` writes its fields.
  static func bytes(_ body: (inout CompactWriter) -> Void) -> [UInt8] {
    var writer = CompactWriter()
    writer.fields(body)
    return writer.bytes
  }

  mutating func int(_ id: Int16, _ value: Int32) {
    header(id, .int32)
    output.appendSignedVarint(Int64(value))
  }

  mutating func int(_ id: Int16, _ value: Int64) {
    header(id, .int64)
    output.appendSignedVarint(value)
  }

  mutating func int(_ id: Int16, _ value: Int16) {
    header(id, .int16)
    output.appendSignedVarint(Int64(value))
  }

  mutating func int(_ id: Int16, _ value: Int8) {
    header(id, .byte)
    output.append(value)
  }

  mutating func bool(_ id: Int16, _ value: Bool) { header(id, value ? .yes : .no) }

  mutating func binary(_ id: Int16, _ value: [UInt8]) {
    header(id, .binary)
    output.appendString(value)
  }

  mutating func text(_ id: Int16, _ value: String) { binary(id, Array(value.utf8)) }

  mutating func structure(_ id: Int16, _ body: (inout CompactWriter) -> Void = { _ in }) {
    header(id, .structure)
    fields(body)
  }

  mutating func structures<T>(_ id: Int16, _ items: [T], _ body: (inout CompactWriter, T) -> Void) {
    list(id, .structure, items.count)
    for item in items { fields { body(&$0, item) } }
  }

  mutating func ints(_ id: Int16, _ items: [Int32]) {
    list(id, .int32, items.count)
    for item in items { output.appendSignedVarint(Int64(item)) }
  }

  mutating func ints(_ id: Int16, _ items: [Int64]) {
    list(id, .int64, items.count)
    for item in items { output.appendSignedVarint(item) }
  }

  mutating func bools(_ id: Int16, _ items: [Bool]) {
    list(id, .yes, items.count)
    for item in items { output.append(item ? CompactType.yes.rawValue : CompactType.no.rawValue) }
  }

  mutating func binaries(_ id: Int16, _ items: [[UInt8]]) {
    list(id, .binary, items.count)
    for item in items { output.appendString(item) }
  }

  private mutating func fields(_ body: (inout CompactWriter) -> Void) {
    let outer = last
    last = 0
    body(&self)
    output.append(CompactType.stop.rawValue)
    last = outer
  }

  private mutating func header(_ id: Int16, _ type: CompactType) {
    let step = id - last
    precondition(step > 0, "fields ascend")
    if step <= 15 {
      output.append(UInt8(step) << 4 | type.rawValue)
    } else {
      output.append(type.rawValue)
      output.appendSignedVarint(Int64(id))
    }
    last = id
  }

  private mutating func list(_ id: Int16, _ element: CompactType, _ count: Int) {
    header(id, .list)
    if count < 15 {
      output.append(UInt8(count) << 4 | element.rawValue)
    } else {
      output.append(0xF0 | element.rawValue)
      output.appendVarint(count)
    }
  }
}
