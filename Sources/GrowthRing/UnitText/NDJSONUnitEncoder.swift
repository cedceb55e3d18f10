public import StoreEngine

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
      output.append(json: text.utf8)
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
