import ArgumentParser
import GrowthRing

struct GrowthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "growth", abstract: "The growth of a user, of a user's entity, or of everybody.",
    discussion: """
      EXAMPLES
        growthring growth ada
        growthring growth ada swift
        growthring growth ada --order recency --limit 10
        growthring growth ada --dimension world_act --json
        growthring growth --all --csv > growth.csv

      A table shows the first 50 rows unless --limit or --all is given; CSV and JSON have all rows.
      """)

  @OptionGroup var store: StoreArguments

  @Argument(help: "The user's id.")
  var user: String?

  @Argument(help: "The entity's id.")
  var entity: String?

  @Flag(help: "All rows; without a user, those of all users, as a stream.")
  var all = false

  @Option(help: "Only this dimension.")
  var dimension: String?

  @Option(help: "The order of a user's rows.")
  var order: GrowthOrder = .key

  @Option(help: "At most so many rows.")
  var limit: Int?

  @OptionGroup var rows: RowArguments

  func validate() throws {
    if user == nil, !all { throw ValidationError("Name a user, or give --all.") }
    if user == nil, order != .key { throw ValidationError("--order needs a user.") }
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
    if limit != nil, all, user != nil { throw ValidationError("--limit and --all exclude each other.") }
  }

  /// A table of one user does not repeat who it is.
  private var columns: [RowWriter.Column] {
    [
      .init("user_id", user == nil ? "user" : nil), .init("entity_id", "entity"), .init("entity_type", "type"),
      .init("dim_key", "dimension"),
    ] + RowWriter.measures
  }

  func run() async throws {
    let sink = OutputSink()
    try await store.read { store in
      var writer = rows.writer(columns, to: sink)
      guard let user else {
        try await writeAll(store, &writer)
        return
      }
      var found: [Growth]
      if let entity {
        found = try await store.growth(user: user, entity: entity, dimension: dimension)
      } else {
        found = try await store.growth(user: user, order: order)
        if let dimension { found.removeAll { !$0.dimension.utf8.elementsEqual(dimension.utf8) } }
      }
      let total = found.count
      let limit = limit ?? (rows.rowFormat == .table && !all ? 50 : Int.max)
      for row in found.prefix(limit) { try write(row, &writer) }
      try writer.finish()
      guard rows.rowFormat == .table else { return }
      if total == 0 { Console.error("No growth of \(TableText.printable(user)) is stored here.") }
      if total > limit { Console.error("\(NumberText.counted(total - limit, "row")) more; see them with --all.") }
      if let entity, total > 0 {
        try writeState(try await store.evolution(user: user, entity: entity), to: sink)
      }
    }
  }

  private func writeAll(_ store: GrowthStore, _ writer: inout RowWriter) async throws {
    let limit = limit ?? Int.max
    for try await chunk in try await store.allGrowth() {
      for row in chunk where dimension?.utf8.elementsEqual(row.dimension.utf8) ?? true {
        if writer.rowCount >= limit { break }
        try write(row, &writer)
      }
      if writer.rowCount >= limit { break }
    }
    let isEmpty = writer.rowCount == 0
    try writer.finish()
    if isEmpty, rows.rowFormat == .table { Console.error("No such growth is stored here.") }
  }

  private func write(_ row: Growth, _ writer: inout RowWriter) throws {
    writer.put(text: row.user)
    writer.put(text: row.entity)
    writer.put(text: row.entityType)
    writer.put(text: row.dimension)
    writer.put(row)
    try writer.endRow()
  }

  private func writeState(_ report: EvolutionReport, to sink: OutputSink) throws {
    try sink.write("\nstate: \(report.state)")
    if let next = report.next { try sink.write("; \(next)") }
    try sink.write("\n")
    try sink.flush()
  }
}
