import GrowthRing

/// Writes memory units as a table, CSV or NDJSON.
struct UnitOutput {
  private var rows: RowWriter
  private let withContent: Bool

  /// - Parameters:
  ///   - isOfOneUser: a table does not repeat who it is.
  ///   - isOfOneUnit: nor which unit.
  init(
    _ arguments: RowArguments, withContent: Bool, isOfOneUser: Bool = false, isOfOneUnit: Bool = false,
    to sink: OutputSink
  ) {
    self.withContent = withContent
    var columns: [RowWriter.Column] = [
      .init("muid", isOfOneUnit ? nil : "muid"), .init("user_id", isOfOneUser || isOfOneUnit ? nil : "user"),
      .init("source_type", "source"), .init("title", "title", .flexible),
    ]
    if withContent { columns.append(.init("content", nil)) }
    columns += [
      .init("content_type", "type"), .init("created_at", "created"), .init("updated_at", "updated"),
      .init("importance_score", nil), .init("status", "status"), .init("metadata", nil), .init("is_deleted", nil),
    ]
    rows = arguments.writer(columns, to: sink)
  }

  mutating func write(_ unit: MemoryUnit) throws {
    rows.put(text: unit.muid)
    rows.put(text: unit.user)
    rows.put(text: unit.sourceType)
    rows.put(text: unit.title)
    if withContent { rows.put(text: unit.content) }
    rows.put(text: unit.contentType)
    rows.put(time: unit.createdAt)
    rows.put(time: unit.updatedAt)
    if let importance = unit.importanceScore {
      rows.put(millionths: Int128(importance.millionths))
    } else {
      rows.putNothing()
    }
    rows.put(text: rows.format == .table && unit.isDeleted ? "deleted" : unit.status)
    rows.put(document: unit.metadata)
    rows.put(boolean: unit.isDeleted)
    try rows.endRow()
  }

  mutating func finish() throws { try rows.finish() }

  /// A unit for people, without its content.
  static func lines(_ unit: MemoryUnit, time: TimeStyle) -> [(name: String, value: String)] {
    var lines: [(name: String, value: String)] = [
      ("title", unit.title), ("muid", unit.muid), ("user", unit.user), ("source", unit.sourceType),
      ("content type", unit.contentType), ("created", time.text(unit.createdAt)),
      ("updated", time.text(unit.updatedAt)),
      ("status", unit.status),
    ]
    if let importance = unit.importanceScore { lines.append(("importance", importance.description)) }
    if !unit.metadata.isEmpty { lines.append(("metadata", unit.metadata)) }
    return lines
  }

  /// A content for a terminal: its lines as they are, other control characters as escapes.
  static func printable(content: String) -> String {
    let lines = content.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    let text = lines.map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map { TableText.printable(String($0)) }
        .joined(separator: "\t")
    }.joined(separator: "\n")
    return text.hasSuffix("\n") || text.isEmpty ? text : text + "\n"
  }
}
