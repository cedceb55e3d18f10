/// Walks over the fields of the outermost object of a JSON text that was checked before.
///
/// It takes canonical JSON as batches hold it, and white space besides. It relies on nothing: on text that is no JSON
/// object it ends, saying so, without trapping.
struct JSONObjectScanner {
  enum Kind: Hashable { case string, number, boolean, array, object, null }

  struct Field {
    /// The key, its escapes resolved.
    let key: String
    let kind: Kind
    /// The value as it stands in the text.
    let value: Range<Int>
  }

  private let bytes: [UInt8]
  private var position = 0

  /// All fields in the order of the text; nil where it is no JSON object.
  static func fields(of bytes: [UInt8]) -> [Field]? {
    var scanner = JSONObjectScanner(bytes: bytes)
    return scanner.fields()
  }

  /// How a text ends that was to be one object.
  enum End: Hashable {
    case complete
    /// It begins with another byte; with none where it is blank.
    case noObject(UInt8?)
    /// The text is over before the object is.
    case unfinished
    /// Something stands behind the object.
    case more
    case broken
  }

  /// The keys of the outermost object with their values, as far as they can be read, and how the text ends: of text that may be
  /// anything. The value that is none ends with the text, or before the next comma or brace.
  static func outline(of bytes: [UInt8]) -> (fields: [(key: String, value: Range<Int>)], end: End) {
    var scanner = JSONObjectScanner(bytes: bytes)
    var fields: [(key: String, value: Range<Int>)] = []
    let end = scanner.outline(&fields)
    return (fields, end)
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func outline(_ fields: inout [(key: String, value: Range<Int>)]) -> End {
    guard take(UInt8(ascii: "{")) else { return .noObject(next()) }
    if take(UInt8(ascii: "}")) { return next() == nil ? .complete : .more }
    while true {
      guard let quote = next() else { return .unfinished }
      guard quote == UInt8(ascii: "\"") else { return .broken }
      guard let key = skipString() else { return .unfinished }
      guard let name = Self.text(bytes[key]) else { return .broken }
      fields.append((name, bytes.count..<bytes.count))
      guard next() != nil else { return .unfinished }
      guard take(UInt8(ascii: ":")) else { return .broken }
      guard let first = next() else { return .unfinished }
      let start = position
      guard skipValue(first) != nil else {
        let stop = bytes[start...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") }
        fields[fields.count - 1].value = start..<(stop ?? bytes.count)
        return next() == nil ? .unfinished : .broken
      }
      fields[fields.count - 1].value = start..<position
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "}")) { return next() == nil ? .complete : .more }
      return next() == nil ? .unfinished : .broken
    }
  }

  private mutating func next() -> UInt8? {
    while position < bytes.count {
      let byte = bytes[position]
      if byte != 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09 { return byte }
      position += 1
    }
    return nil
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next() == byte else { return false }
    position += 1
    return true
  }

  private mutating func fields() -> [Field]? {
    guard take(UInt8(ascii: "{")) else { return nil }
    var fields: [Field] = []
    if take(UInt8(ascii: "}")) { return next() == nil ? fields : nil }
    while true {
      guard next() == UInt8(ascii: "\""), let key = skipString(), take(UInt8(ascii: ":")), let first = next() else {
        return nil
      }
      let start = position
      guard let kind = skipValue(first) else { return nil }
      guard let name = Self.text(bytes[key]) else { return nil }
      fields.append(Field(key: name, kind: kind, value: start..<position))
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { return nil }
      return next() == nil ? fields : nil
    }
  }

  /// Steps over the string at the position; its content without the quotes.
  private mutating func skipString() -> Range<Int>? {
    position += 1
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return start..<position - 1
      case UInt8(ascii: "\\"): position += 2
      default: position += 1
      }
    }
    return nil
  }

  private mutating func skipValue(_ first: UInt8) -> Kind? {
    switch first {
    case UInt8(ascii: "\""): return skipString() == nil ? nil : .string
    case UInt8(ascii: "{"): return skipNested() ? .object : nil
    case UInt8(ascii: "["): return skipNested() ? .array : nil
    default:
      let start = position
      while position < bytes.count, !Self.endsWord(bytes[position]) { position += 1 }
      guard position > start else { return nil }
      switch first {
      case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
      case UInt8(ascii: "n"): return .null
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
      default: return nil
      }
    }
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || byte <= 0x20
  }

  /// Steps over an object or array by counting brackets outside of strings.
  private mutating func skipNested() -> Bool {
    var depth = 0
    while let byte = next() {
      switch byte {
      case UInt8(ascii: "\""):
        guard skipString() != nil else { return false }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      position += 1
      if depth == 0 { return true }
    }
    return false
  }

  /// The text of a string's content, escapes resolved.
  static func text(_ content: ArraySlice<UInt8>) -> String? {
    guard content.contains(UInt8(ascii: "\\")) else { return String(validating: content, as: UTF8.self) }
    let quoted = [UInt8(ascii: "\"")] + content + [UInt8(ascii: "\"")]
    guard let node = try? DocumentJSONParser.parse(quoted, file: ""), case .string(let text) = node.value else {
      return nil
    }
    return text
  }
}
