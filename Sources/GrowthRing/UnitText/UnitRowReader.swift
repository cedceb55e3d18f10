import Columnar
import StoreEngine

/// Makes a unit of the cells of one row, of CSV or of Parquet.
struct UnitRowReader: Sendable {
  struct Binding: Sendable {
    var field: UnitField
    /// The cell's place in the row; nil for a constant.
    var column: Int?
    var constant = ""
  }

  let bindings: [Binding]
  let columnCount: Int
  private let options: UnitIngestOptions

  /// - Parameter names: those of the columns.
  init(_ names: [String], _ options: UnitIngestOptions) throws(UnitHeaderError) {
    self.options = options
    columnCount = names.count
    var bindings: [Binding] = []
    if options.mapping.isEmpty {
      for (column, name) in names.enumerated() {
        guard let field = UnitField(rawValue: name) else {
          if options.ignoreUnknownFields { continue }
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
          guard let first = names.firstIndex(of: name) else { throw .missingColumn(name) }
          if names.lastIndex(of: name) != first { throw .duplicateColumn(name) }
          bindings.append(Binding(field: mapping.field, column: first))
        case .constant(let text): bindings.append(Binding(field: mapping.field, constant: text))
        }
      }
    }
    var required: [UnitField] = [.createdAt]
    if options.user == nil { required.append(.user) }
    if !options.derivesIDs { required.append(.muid) }
    for field in required where !bindings.contains(where: { $0.field == field }) { throw .missingField(field) }
    self.bindings = bindings
  }

  /// - Parameter cell: the text of a column; nil where its bytes are no UTF-8.
  func unit(_ cell: (Int) -> String?) throws(UnitFault) -> MemoryUnit {
    var record = UnitRecord()
    for binding in bindings {
      guard let column = binding.column else {
        try record.set(binding.field, text: binding.constant, options)
        continue
      }
      guard let text = cell(column) else { throw UnitFault(binding.field, .invalidUTF8) }
      let isTrimmed = !options.mapping.isEmpty && binding.field != .content
      try record.set(binding.field, text: isTrimmed ? Self.trimmed(text) : text, options)
    }
    return try record.unit(options)
  }

  private static func trimmed(_ text: String) -> String {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    guard let first = text.utf8.first, let last = text.utf8.last, isBlank(first) || isBlank(last) else { return text }
    var bytes = Array(text.utf8)[...]
    while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
