import StoreEngine

/// The texts of a batch as they stand in lines: escaped, and with the punctuation before and after them.
struct EventTextFragments {
  /// Where a text lies; a negative length is one that was not made yet.
  struct Place {
    var start: UInt32
    var length: Int
  }

  /// All texts, end to end.
  private(set) var bytes: [UInt8] = []

  func column(_ count: Int) -> [Place] { [Place](repeating: Place(start: 0, length: -1), count: count) }

  mutating func render(_ stored: [UInt8], _ field: EventField, _ style: EventTextWriter.Style) -> Place {
    let start = bytes.count
    switch style {
    case .ndjson: renderJSON(stored, field)
    case .csv(let scope): if field != .scope || scope { renderCSV(stored, field) }
    }
    precondition(bytes.count <= Int(UInt32.max), "the texts of a batch have at most 4 GiB")
    return Place(start: UInt32(start), length: bytes.count - start)
  }

  private static func text(_ stored: [UInt8], _ field: EventField) -> [UInt8] {
    guard field == .user || field == .entity else { return stored }
    return Array((Identifier.decode(stored) ?? "").utf8)
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func renderJSON(_ stored: [UInt8], _ field: EventField) {
    // The id, delta and time are put between texts, so the texts hold their keys and quotation marks.
    switch field {
    case .user: append("\",\"user_id\":")
    case .metadata:
      append("\"")
      if stored.isEmpty { return }
      append(",\"metadata\":")
      bytes.append(contentsOf: stored)
      return
    case .source: append("\",\"source\":")
    case .scope where stored.isEmpty: return
    default: append(",\"\(field.name)\":")
    }
    appendQuoted(Self.text(stored, field))
    if field == .dimension { append(",\"delta\":\"") }
    if field == .source { append(",\"created_at\":\"") }
  }

  private mutating func appendQuoted(_ text: [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case UInt8(ascii: "\n"): append("\\n")
      case UInt8(ascii: "\r"): append("\\r")
      case UInt8(ascii: "\t"): append("\\t")
      case 0x08: append("\\b")
      case 0x0C: append("\\f")
      case 0..<0x20:
        append(byte < 0x10 ? "\\u000" : "\\u001")
        append(String(byte & 0xF, radix: 16))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func renderCSV(_ stored: [UInt8], _ field: EventField) {
    append(",")
    let text = Self.text(stored, field)
    let isSpecial = text.contains { byte in
      byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D
    }
    // Leading and trailing blanks are quoted too, since some readers trim them.
    if isSpecial || text.first == 0x20 || text.last == 0x20 {
      append("\"")
      for byte in text {
        if byte == UInt8(ascii: "\"") { bytes.append(byte) }
        bytes.append(byte)
      }
      append("\"")
    } else {
      bytes.append(contentsOf: text)
    }
    if field == .dimension || field == .source { append(",") }
  }
}
