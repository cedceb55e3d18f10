import ArgumentParser
import GrowthRing

struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "The events of a user or of a user's entity, newest first.",
    discussion: """
      EXAMPLES
        growthring history ada
        growthring history ada swift --dimension self_act --since 90d
        growthring history ada --where "metadata.tags contains 'launch'"
        growthring history ada --limit 1000 --json
        growthring history ada --after 1762000000000000/0197f1e2-7a5b-7c31-9d7e-000000000001

      Where there are more events, the last line (on standard error) says how to get the next page.
      """)

  @OptionGroup var store: StoreArguments

  @Argument(help: "The user's id.")
  var user: String

  @Argument(help: "The entity's id.")
  var entity: String?

  @Option(help: "Only this dimension.")
  var dimension: String?

  @OptionGroup var metadata: WhereArguments

  @OptionGroup var times: TimeRangeArguments

  @Option(help: "At most so many events.")
  var limit = 50

  @Option(help: ArgumentHelp("Go on behind the page before.", valueName: "cursor"))
  var after: String?

  @Flag(help: "With a column for the scope in CSV.")
  var scopeColumn = false

  @OptionGroup var rows: RowArguments

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit must be at least 1.") }
    if let after, HistoryCursor(after) == nil {
      throw ValidationError("\"\(after)\" is no cursor: take the one at the end of the page before.")
    }
  }

  func run() async throws {
    let sink = OutputSink()
    let range = try times.range()
    try await store.read { store in
      var output = EventOutput(
        rows.rowFormat, time: rows.time, hasScope: scopeColumn, isOfOneUser: true, to: sink)
      var cursor = after.flatMap { HistoryCursor($0) }
      var left = limit
      repeat {
        let page = try await store.history(
          user: user, entity: entity, dimension: dimension, from: range.from, to: range.to,
          where: metadata.condition, limit: min(left, 1000), after: cursor)
        var batch = EventBatch()
        for event in page.events { try batch.append(event) }
        try output.write(batch)
        left -= page.events.count
        cursor = page.next
      } while left > 0 && cursor != nil
      try output.finish()
      if output.count == 0, rows.rowFormat == .table { Console.error("No such events are stored here.") }
      if let cursor { Console.error("There may be more: --after \(cursor)") }
    }
  }
}
