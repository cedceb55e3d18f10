import ArgumentParser
import GrowthRing

struct TopCommand: AsyncParsableCommand {
  enum Subject: String, CaseIterable, ExpressibleByArgument {
    case users
    case entities
  }

  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "The users or entities that grew most.",
    discussion: """
      EXAMPLES
        growthring top users
        growthring top users --since 30d --limit 20
        growthring top entities --dimension world_know --type book --json
      """)

  @OptionGroup var store: StoreArguments

  @Argument(help: "users or entities.")
  var subject: Subject

  @Option(help: "How many.")
  var limit = 10

  @Option(help: "Only growth in this dimension.")
  var dimension: String?

  @Option(help: ArgumentHelp("Only growth from the UTC day of this time on; for users.", valueName: "time"))
  var since: TimeArgument?

  @Option(help: "Only entities of this type.")
  var type: String?

  @OptionGroup var rows: RowArguments

  func validate() throws {
    if limit < 0 { throw ValidationError("--limit must not be negative.") }
    if subject == .entities, since != nil { throw ValidationError("--since is for users only.") }
    if subject == .users, type != nil { throw ValidationError("--type is for entities only.") }
  }

  func run() async throws {
    let sink = OutputSink()
    try await store.read { store in
      let ranked =
        switch subject {
        case .users: try await store.topUsers(limit: limit, dimension: dimension, since: since?.time().day)
        case .entities: try await store.topEntities(limit: limit, dimension: dimension, entityType: type)
        }
      let key: RowWriter.Column =
        subject == .users ? .init("user_id", "user") : .init("entity_id", "entity")
      var writer = rows.writer([.init("rank", "#", .trailing), key] + RowWriter.measures, to: sink)
      for (index, row) in ranked.enumerated() {
        writer.put(integer: UInt64(index + 1))
        writer.put(text: row.key)
        writer.put(row)
        try writer.endRow()
      }
      try writer.finish()
      if ranked.isEmpty, rows.rowFormat == .table { Console.error("Nothing grew here.") }
    }
  }
}
