/// Reads JSON (RFC 8259, strictly) into `DocumentNode`.
///
/// Strictly means: UTF-8 without a byte order mark, no comments, no trailing commas, no unpaired surrogates, and no key
/// twice in one object. Nesting is limited to 32 levels and documents to 4 MiB, since this reads configuration.
struct DocumentJSONParser {
  static let deepest = 32
  static let largest = 4 << 20

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  /// Keys that came twice; they do not end the parse, so that all of them are reported.
  private var duplicates: [ConfigurationError.Problem] = []

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Throws an error with the one syntax error that ended the parse, or with all keys that came twice.
  static func parse(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> DocumentNode {
    guard bytes.count <= largest else {
      let reason = "the document has \(bytes.count) bytes; at most \(largest) are read"
      throw ConfigurationError(file: file, problems: [.init(line: 1, column: 1, keyPath: "", reason: reason)])
    }
    var parser = DocumentJSONParser(bytes)
    let root: DocumentNode
    do throws(ConfigurationError.Problem) {
      parser.skipSpace()
      root = try parser.value(depth: 0)
      parser.skipSpace()
      if parser.position < bytes.count { throw parser.problem("nothing may follow the end of the document") }
    } catch {
      throw ConfigurationError(file: file, problems: [error])
    }
    if !parser.duplicates.isEmpty { throw ConfigurationError(file: file, problems: parser.duplicates) }
    return root
  }

  /// Whether a text is one JSON number and nothing else.
  static func isNumber(_ text: String) -> Bool {
    guard let node = try? parse(Array(text.utf8), file: ""), case .number(let spelled) = node.value else {
      return false
    }
    return spelled == text
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\n"): line += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
      default: return
      }
      position += 1
    }
  }

  private func column(of offset: Int) -> Int {
    var column = 1
    var index = offset
    while index > 0, bytes[index - 1] != UInt8(ascii: "\n") {
      index -= 1
      if bytes[index] & 0xC0 != 0x80 { column += 1 }
    }
    return column
  }

  private func problem(_ reason: String, at offset: Int? = nil) -> ConfigurationError.Problem {
    .init(line: line, column: column(of: offset ?? position), keyPath: "", reason: reason)
  }

  private func unexpected(_ wanted: String) -> ConfigurationError.Problem {
    guard let byte = next else { return problem("expected \(wanted), but the document ends") }
    let seen = byte > 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
    return problem("expected \(wanted), found \(seen)")
  }

  private mutating func value(depth: Int) throws(ConfigurationError.Problem) -> DocumentNode {
    let line = line
    guard let byte = next else { throw unexpected("a value") }
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return DocumentNode(.string(try string()), line: line)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return DocumentNode(.number(try number()), line: line)
    case UInt8(ascii: "t"):
      try word("true")
      return DocumentNode(.boolean(true), line: line)
    case UInt8(ascii: "f"):
      try word("false")
      return DocumentNode(.boolean(false), line: line)
    case UInt8(ascii: "n"):
      try word("null")
      return DocumentNode(.null, line: line)
    default: throw unexpected("a value")
    }
  }

  private mutating func word(_ word: String) throws(ConfigurationError.Problem) {
    let expected = Array(word.utf8)
    guard bytes.count - position >= expected.count, Array(bytes[position..<position + expected.count]) == expected
    else { throw unexpected("a value") }
    position += expected.count
  }

  private mutating func object(depth: Int) throws(ConfigurationError.Problem) -> DocumentNode {
    guard depth < Self.deepest else { throw problem("nested deeper than \(Self.deepest) levels") }
    let first = line
    var entries: [DocumentNode.Entry] = []
    var seen: [String: Int] = [:]
    position += 1
    skipSpace()
    if next == UInt8(ascii: "}") {
      position += 1
      return DocumentNode(.mapping([]), line: first)
    }
    while true {
      guard next == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
      let start = position
      let keyLine = line
      let key = try string()
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw unexpected("':' after the key \"\(key)\"") }
      position += 1
      skipSpace()
      let value = try value(depth: depth + 1)
      if let before = seen[key] {
        let reason = "the key \"\(key)\" was given before, on line \(before)"
        duplicates.append(.init(line: keyLine, column: column(of: start), keyPath: "", reason: reason))
      } else {
        seen[key] = keyLine
        entries.append(.init(key: key, line: keyLine, value: value))
      }
      if try isLast(closing: UInt8(ascii: "}"), "',' or '}'") { return DocumentNode(.mapping(entries), line: first) }
    }
  }

  private mutating func array(depth: Int) throws(ConfigurationError.Problem) -> DocumentNode {
    guard depth < Self.deepest else { throw problem("nested deeper than \(Self.deepest) levels") }
    let first = line
    var elements: [DocumentNode] = []
    position += 1
    skipSpace()
    if next == UInt8(ascii: "]") {
      position += 1
      return DocumentNode(.sequence([]), line: first)
    }
    while true {
      elements.append(try value(depth: depth + 1))
      if try isLast(closing: UInt8(ascii: "]"), "',' or ']'") { return DocumentNode(.sequence(elements), line: first) }
    }
  }

  /// Steps over a comma (false) or the closing bracket (true).
  private mutating func isLast(closing: UInt8, _ wanted: String) throws(ConfigurationError.Problem) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: ",") || next == closing else { throw unexpected(wanted) }
    let last = next == closing
    position += 1
    if !last { skipSpace() }
    return last
  }

  private mutating func number() throws(ConfigurationError.Problem) -> String {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    if next == UInt8(ascii: "0") {
      position += 1
      if let byte = next, isDigit(byte) { throw problem("a number must not begin with 0") }
    } else {
      try digits()
    }
    if next == UInt8(ascii: ".") {
      position += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private mutating func digits() throws(ConfigurationError.Problem) {
    guard let byte = next, isDigit(byte) else { throw unexpected("a digit") }
    while let byte = next, isDigit(byte) { position += 1 }
  }

  private mutating func string() throws(ConfigurationError.Problem) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while true {
      guard let byte = next else { throw problem("the string does not end", at: start) }
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let text = String(validating: content, as: UTF8.self) else {
          throw problem("the string is not valid UTF-8", at: start)
        }
        return text
      case UInt8(ascii: "\\"):
        content.append(contentsOf: Array(String(Character(try escape())).utf8))
      case 0..<0x20: throw problem("a control character in a string has to be escaped")
      default:
        content.append(byte)
        position += 1
      }
    }
  }

  /// The scalar of an escape sequence at the position, which moves behind it.
  private mutating func escape() throws(ConfigurationError.Problem) -> Unicode.Scalar {
    let start = position
    position += 1
    guard let byte = next else { throw problem("the escape sequence does not end", at: start) }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try hexUnit(start)
      if let scalar = Unicode.Scalar(UInt32(unit)) { return scalar }
      let isPair = position + 1 < bytes.count && next == UInt8(ascii: "\\") && bytes[position + 1] == UInt8(ascii: "u")
      if unit < 0xDC00, isPair {
        position += 2
        let low = try hexUnit(start)
        if low >= 0xDC00, low < 0xE000 {
          let combined = 0x10000 + (UInt32(unit) & 0x3FF) << 10
          if let scalar = Unicode.Scalar(combined + UInt32(low & 0x3FF)) { return scalar }
        }
      }
      throw problem("an unpaired surrogate in an escape sequence", at: start)
    default: throw problem("an unknown escape sequence", at: start)
    }
  }

  private mutating func hexUnit(_ start: Int) throws(ConfigurationError.Problem) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw problem("\\u needs four hexadecimal digits", at: start)
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}
