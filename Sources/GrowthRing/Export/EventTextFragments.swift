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
    bytes.append(json: Self.text(stored, field))
    if field == .dimension { append(",\"delta\":\"") }
    if field == .source { append(",\"created_at\":\"") }
  }

  private mutating func renderCSV(_ stored: [UInt8], _ field: EventField) {
    append(",")
    bytes.append(csv: Self.text(stored, field))
    if field == .dimension || field == .source { append(",") }
  }
}
