import ArgumentParser
import GrowthRing

struct SummaryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary", abstract: "Events summed up by any of their parts.",
    discussion: """
      EXAMPLES
        growthring summary --by day,dim_key --since 30d
        growthring summary --by month --users
        growthring summary --by source,entity_type --order score --limit 10
        growthring summary --by metadata.version,dim_key --where "metadata.tags contains 'launch'"
        growthring summary --since 7d --users

      Read from the events themselves, for questions that growth, daily and scope do not answer. Parts are \
      \(SummaryPart.allCases.map(\.rawValue).joined(separator: ", ")); days, weeks (from Monday) and months are of UTC, \
      and shown by their first day. Any value of the metadata is a part too, such as metadata.version or metadata.a.b.
      """)

  @OptionGroup var store: StoreArguments

  @Option(
    help: ArgumentHelp("Parts to sum up by, with commas between them; without it, one row for all.", valueName: "parts")
  )
  var by: String?

  @Flag(help: "Also count the users of each row.")
  var users = false

  @Option(help: "Order of the rows: by their parts (key), or the highest score, events or users first.")
  var order: SummaryOrder = .key

  @Option(help: "At most this many rows.")
  var limit: Int?

  @OptionGroup var filter: EventFilterArguments
  @OptionGroup var rows: RowArguments

  func validate() throws {
    _ = try parts()
    if order == .users, !users { throw ValidationError("--order users needs --users.") }
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
  }

  private func parts() throws -> [SummaryPart] {
    var parts: [SummaryPart] = []
    for name in by?.split(separator: ",", omittingEmptySubsequences: false) ?? [] {
      guard let part = SummaryPart(rawValue: String(name)) else {
        throw ValidationError(
          "--by knows no part '\(name)'; it knows \(SummaryPart.allCases.map(\.rawValue).joined(separator: ", ")), and metadata.KEY."
        )
      }
      if parts.contains(part) { throw ValidationError("--by names \(name) twice.") }
      parts.append(part)
    }
    return parts
  }

  func run() async throws {
    let sink = OutputSink()
    let parts = try parts()
    let filter = try filter.filter()
    try await store.read { store in
      let found = try await store.summary(by: parts, matching: filter, countingUsers: users)
      let userColumn: [RowWriter.Column] = users ? [.init("users", "users", .trailing)] : []
      var writer = rows.writer(
        parts.map { .init($0.rawValue, $0.rawValue) } + userColumn + RowWriter.measures, to: sink)
      for row in try found.rows(order: order, limit: limit) {
        for value in row.values { writer.put(text: value) }
        if users { writer.put(integer: row.userCount ?? 0) }
        writer.put(row)
        try writer.endRow()
      }
      try writer.finish()
      if found.count == 0, rows.rowFormat == .table { Console.error("No such event is stored here.") }
    }
  }
}
