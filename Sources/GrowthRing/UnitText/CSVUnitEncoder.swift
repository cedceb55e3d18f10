public import StoreEngine

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
      output.append(csv: text.utf8)
    }
    output.append(UInt8(ascii: "\n"))
  }
}
