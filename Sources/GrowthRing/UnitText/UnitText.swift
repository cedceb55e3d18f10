import StoreEngine

/// The text forms of units that encoders share.
enum UnitText {
  /// A string of RFC 8259 with its quotes.
  static func append(json text: some Sequence<UInt8>, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      case 0x08: output.append(contentsOf: "\\b".utf8)
      case 0x09: output.append(contentsOf: "\\t".utf8)
      case 0x0A: output.append(contentsOf: "\\n".utf8)
      case 0x0C: output.append(contentsOf: "\\f".utf8)
      case 0x0D: output.append(contentsOf: "\\r".utf8)
      case 0..<0x20:
        output.append(contentsOf: "\\u00".utf8)
        output.append(0x30 + byte >> 4)
        output.append(byte & 0xF < 10 ? 0x30 + byte & 0xF : 0x57 + byte & 0xF)
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  /// A cell of RFC 4180: quoted where it holds a comma, a quote or a line break, or begins or ends with a blank.
  static func append(csv text: String, to output: inout [UInt8]) {
    let utf8 = text.utf8
    let isSpecial =
      utf8.first == 0x20 || utf8.last == 0x20
      || utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
    guard isSpecial else { return output.append(contentsOf: utf8) }
    output.append(UInt8(ascii: "\""))
    for byte in utf8 {
      if byte == UInt8(ascii: "\"") { output.append(byte) }
      output.append(byte)
    }
    output.append(UInt8(ascii: "\""))
  }
}

/// Writes memory units as NDJSON: one JSON object a line, with the fields in the order of `UnitField`.
///
/// `importance_score` is a string, so that no reader rounds it, times are ISO 8601 in UTC, `metadata` an object; what a
/// unit does not have is left out, and `is_deleted` stands only in versions that say so. What was written can be
/// ingested again, and is the same version.
public struct NDJSONUnitEncoder: Sendable {
  /// Whether contents are written; without them, what was written is no unit to ingest.
  public var withContent = true

  public init(withContent: Bool = true) { self.withContent = withContent }

  /// Appends the line of a unit with its line feed.
  public func encode(_ unit: MemoryUnit, into output: inout [UInt8]) {
    var isFirst = true
    func key(_ field: UnitField) {
      output.append(UInt8(ascii: isFirst ? "{" : ","))
      isFirst = false
      output.append(UInt8(ascii: "\""))
      output.append(contentsOf: field.name.utf8)
      output.append(contentsOf: "\":".utf8)
    }
    func put(_ field: UnitField, _ text: String) {
      key(field)
      UnitText.append(json: text.utf8, to: &output)
    }
    put(.muid, unit.muid)
    put(.user, unit.user)
    put(.sourceType, unit.sourceType)
    if !unit.isDeleted {
      put(.title, unit.title)
      if withContent { put(.content, unit.content) }
    }
    put(.contentType, unit.contentType)
    put(.createdAt, unit.createdAt.description)
    put(.updatedAt, unit.updatedAt.description)
    if let importance = unit.importanceScore { put(.importanceScore, importance.description) }
    put(.status, unit.status)
    if !unit.metadata.isEmpty {
      key(.metadata)
      output.append(contentsOf: unit.metadata.utf8)
    }
    if unit.isDeleted {
      key(.isDeleted)
      output.append(contentsOf: "true".utf8)
    }
    output.append(contentsOf: "}\n".utf8)
  }
}

/// Writes memory units as CSV (RFC 4180, but with a line feed at the end of a line), with the columns of `UnitField`.
public struct CSVUnitEncoder: Sendable {
  /// Whether there is a column `content`.
  public var withContent = true

  public init(withContent: Bool = true) { self.withContent = withContent }

  private var fields: [UnitField] { UnitField.allCases.filter { withContent || $0 != .content } }

  /// The first line, with its line feed.
  public var header: String { fields.map(\.name).joined(separator: ",") + "\n" }

  /// Appends the line of a unit, or its lines where texts hold line feeds.
  public func encode(_ unit: MemoryUnit, into output: inout [UInt8]) {
    for field in fields {
      if field != .muid { output.append(UInt8(ascii: ",")) }
      let text =
        switch field {
        case .muid: unit.muid
        case .user: unit.user
        case .sourceType: unit.sourceType
        case .title: unit.title
        case .content: unit.content
        case .contentType: unit.contentType
        case .createdAt: unit.createdAt.description
        case .updatedAt: unit.updatedAt.description
        case .importanceScore: unit.importanceScore?.description ?? ""
        case .status: unit.status
        case .metadata: unit.metadata
        case .isDeleted: unit.isDeleted ? "true" : ""
        }
      UnitText.append(csv: text, to: &output)
    }
    output.append(UInt8(ascii: "\n"))
  }
}
