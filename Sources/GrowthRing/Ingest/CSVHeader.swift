import StoreEngine

/// What the header and the mapping say together: which cell, or which constant, is which field.
struct CSVHeader: Sendable {
  struct Binding: Sendable {
    var field: EventField
    /// The cell's place in the record; nil for a constant.
    var column: Int?
    /// The constant's place in `constants`.
    var constant = 0..<0
  }

  private(set) var bindings: [Binding] = []
  /// All constants, each with a line feed behind it, at which scans stop.
  private(set) var constants: [UInt8] = []
  private(set) var zoneColumn: Int?
  private(set) var columnCount: Int

  init(_ names: [String], _ options: CSVOptions) throws(CSVHeaderError) {
    columnCount = names.count
    if options.mapping.isEmpty {
      for (column, name) in names.enumerated() {
        if name == options.zoneColumn { continue }
        guard let field = EventField(rawValue: name) else {
          if options.ingest.ignoreUnknownFields { continue }
          throw .unknownColumn(name)
        }
        if bindings.contains(where: { $0.field == field }) { throw .duplicateColumn(name) }
        bindings.append(Binding(field: field, column: column))
      }
    } else {
      for mapping in options.mapping {
        if bindings.contains(where: { $0.field == mapping.field }) { throw .invalidMapping(mapping.field) }
        switch mapping.source {
        case .column(let name):
          bindings.append(Binding(field: mapping.field, column: try Self.column(name, names)))
        case .constant(let text):
          let start = constants.count
          constants.append(contentsOf: text.utf8)
          bindings.append(Binding(field: mapping.field, constant: start..<constants.count))
          constants.append(UInt8(ascii: "\n"))
        }
      }
    }
    if let name = options.zoneColumn { zoneColumn = try Self.column(name, names) }
    for field in EventField.allCases where field.isRequired && !bindings.contains(where: { $0.field == field }) {
      throw .missingField(field)
    }
  }

  private static func column(_ name: String, _ names: [String]) throws(CSVHeaderError) -> Int {
    guard let first = names.firstIndex(of: name) else { throw .missingColumn(name) }
    if names.lastIndex(of: name) != first { throw .duplicateColumn(name) }
    return first
  }

  /// Whichever of comma, semicolon and tab a header line holds most of, outside quotes; the comma where it holds none.
  static func delimiter(of line: [UInt8]) -> UInt8 {
    let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
    var counts = [0, 0, 0]
    var isQuoted = false
    for byte in line {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted, let found = candidates.firstIndex(of: byte) { counts[found] += 1 }
    }
    let best = counts.max() ?? 0
    return candidates[counts.firstIndex(of: best) ?? 0]
  }
}
