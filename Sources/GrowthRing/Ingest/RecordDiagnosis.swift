import StoreEngine

/// Says of a record that is none what the one word of its fault leaves open. It looks at the record's text once more, which costs
/// nothing but rejected records.
enum RecordDiagnosis {
  /// Of a line of NDJSON whose keys should be among `names`; empty where there is nothing to add.
  static func line(
    _ raw: [UInt8], isTruncated: Bool, _ reason: EventRejection.Reason, names: [String]
  ) -> String {
    let (keys, end) = JSONObjectScanner.outline(of: raw)
    switch reason {
    case .unknownField:
      guard let key = keys.first(where: { !names.contains($0) }) else { return "" }
      return JSONEscape.quoted(shortened(key)) + NearestName.suggestion(for: key.lowercased(), among: names)
    case .malformed:
      switch end {
      case .noObject(UInt8(ascii: "[")):
        return "it begins an array; each line has to be one object, as jq -c '.[]' writes them"
      case .noObject: return "each line has to be one object, and this one begins with no {"
      case .unfinished: return isTruncated ? "" : "the object does not end on its line"
      case .more: return "something stands behind the object"
      case .broken: return "it is no JSON"
      case .complete: return ""
      }
    default: return ""
    }
  }

  /// Of a record of CSV that has to have so many cells; empty where there is nothing to add.
  static func record(_ raw: [UInt8], isTruncated: Bool, delimiter: UInt8, columns: Int) -> String {
    let quote = UInt8(ascii: "\"")
    var cells = 1
    var index = 0
    var isAtStart = true
    while index < raw.count {
      if isAtStart, raw[index] == quote {
        index += 1
        while true {
          guard let next = raw[index...].firstIndex(of: quote) else {
            return isTruncated ? "" : "a quote is never closed, which makes one cell of all that follows it"
          }
          index = next + 1
          if index == raw.count || raw[index] != quote { break }
          index += 1
        }
        let isAtEnd = index == raw.count || (raw[index] == UInt8(ascii: "\r") && index == raw.count - 1)
        if !isAtEnd, raw[index] != delimiter { return "behind the quote that closes a cell stands more of it" }
        isAtStart = false
        continue
      }
      isAtStart = raw[index] == delimiter
      if isAtStart { cells += 1 }
      index += 1
    }
    return cells == columns || isTruncated ? "" : "it has \(cells) cells and the header \(columns)"
  }

  private static func shortened(_ key: String) -> String {
    key.unicodeScalars.count <= 100 ? key : String(key.unicodeScalars.prefix(100)) + "…"
  }
}
