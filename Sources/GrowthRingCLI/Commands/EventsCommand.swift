import ArgumentParser
import GrowthRing

struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Stored events that match, as a stream.",
    discussion: """
      EXAMPLES
        growthring events --user ada --since 30d
        growthring events --dimension world_act --dimension world_show --csv > acted.csv
        growthring events --scope org/project --json | head
        growthring events --where "metadata.tags contains 'launch' and metadata.effort >= 3"
        growthring events --unit 0197f1e2-7a5b-7c31-9d7e-000000000001 --json

      The columns of CSV are event_id,user_id,entity_id,entity_type,dim_key,delta,source,created_at,metadata, and the
      scope with --scope-column. The order is by partition, user, entity, entity type, dimension and time.
      """)

  @OptionGroup var store: StoreArguments

  @OptionGroup var filter: EventFilterArguments

  @Option(help: "At most so many events.")
  var limit: Int?

  @Flag(help: "With a column for the scope in CSV.")
  var scopeColumn = false

  @OptionGroup var rows: RowArguments

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
  }

  func run() async throws {
    let sink = OutputSink()
    let filter = try filter.filter()
    try await store.read { store in
      var output = EventOutput(
        rows.rowFormat, time: rows.time, hasScope: scopeColumn, isOfOneUser: self.filter.user != nil, to: sink)
      var left = limit ?? Int.max
      if left > 0 {
        for try await batch in try await store.events(matching: filter) {
          try output.write(batch, rows: 0..<min(left, batch.count))
          left -= min(left, batch.count)
          if left == 0 { break }
        }
      }
      try output.finish()
      output.tellDroppedScopes()
      if output.count == 0, rows.rowFormat == .table { Console.error("No such events are stored here.") }
    }
  }
}
