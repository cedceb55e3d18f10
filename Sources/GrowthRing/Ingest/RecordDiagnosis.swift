import StoreEngine

/// Says of a record that is none what the one word of its fault leaves open. It looks at the record's text once more, which costs
/// nothing but rejected records.
enum RecordDiagnosis {
  private static let quote = UInt8(ascii: "\"")
  /// Bytes of a value that are shown.
  private static let longestValue = 60

  // MARK: Objects

  /// Of a line of NDJSON whose keys should be among `names`, where no field is at fault; empty where there is nothing to add.
  static func line(
    _ raw: [UInt8], isTruncated: Bool, _ reason: EventRejection.Reason, names: [String]
  ) -> String {
    let (fields, end) = JSONObjectScanner.outline(of: raw)
    switch reason {
    case .unknownField:
      guard let key = fields.first(where: { !names.contains($0.key) })?.key else { return "" }
      return shown(quoted(key)) + NearestName.suggestion(for: key.lowercased(), among: names)
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

  /// The value of a key that is at fault, where its text explains that; empty otherwise.
  static func value(of key: String, in raw: [UInt8], _ reason: EventRejection.Reason) -> String {
    guard isExplained(reason), let field = JSONObjectScanner.outline(of: raw).fields.first(where: { $0.key == key })
    else { return "" }
    return shown(raw[field.value])
  }

  // MARK: Cells

  /// Of a record of CSV that has to have so many cells, where no field is at fault; empty where there is nothing to add.
  static func record(_ raw: [UInt8], isTruncated: Bool, delimiter: UInt8, columns: Int) -> String {
    let (cells, problem) = split(raw, delimiter)
    switch problem {
    case .unclosed: return isTruncated ? "" : "a quote is never closed, which makes one cell of all that follows it"
    case .more: return "behind the quote that closes a cell stands more of it"
    case nil where cells.count == columns || isTruncated: return ""
    case nil: return "it has \(cells.count) cells and the header \(columns)"
    }
  }

  /// The text of a cell that is at fault, where it explains that; empty otherwise.
  static func value(
    ofColumn column: Int?, in raw: [UInt8], delimiter: UInt8, _ reason: EventRejection.Reason
  ) -> String {
    guard isExplained(reason), let column else { return "" }
    let cells = split(raw, delimiter).cells
    return column < cells.count ? shown(quoted(String(decoding: cells[column], as: UTF8.self))) : ""
  }

  private enum CellProblem { case unclosed, more }

  /// The cells of a record, without their quotes, as far as they can be read.
  private static func split(_ raw: [UInt8], _ delimiter: UInt8) -> (cells: [[UInt8]], problem: CellProblem?) {
    var cells: [[UInt8]] = []
    var index = 0
    while true {
      var cell: [UInt8] = []
      if index < raw.count, raw[index] == quote {
        index += 1
        while true {
          guard let next = raw[index...].firstIndex(of: quote) else { return (cells, .unclosed) }
          cell += raw[index..<next]
          index = next + 1
          if index == raw.count || raw[index] != quote { break }
          cell.append(quote)
          index += 1
        }
        let isAtEnd = index == raw.count || (raw[index] == UInt8(ascii: "\r") && index == raw.count - 1)
        if !isAtEnd, raw[index] != delimiter { return (cells, .more) }
        if isAtEnd { index = raw.count }
      } else {
        let end = raw[index...].firstIndex(of: delimiter) ?? raw.count
        cell = Array(raw[index..<end])
        index = end
      }
      cells.append(cell)
      if index == raw.count { return (cells, nil) }
      index += 1
    }
  }

  // MARK: Values

  private static func isExplained(_ reason: EventRejection.Reason) -> Bool {
    reason == .malformed || reason == .outOfRange || reason == .tooManyDigits
  }

  private static func quoted(_ text: String) -> ArraySlice<UInt8> { Array(JSONEscape.quoted(text).utf8)[...] }

  private static func shown(_ text: ArraySlice<UInt8>) -> String {
    String(decoding: text.prefix(longestValue), as: UTF8.self) + (text.count > longestValue ? "…" : "")
  }
}
