import ArgumentParser
import GrowthRing

struct StatesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "states", abstract: "The evolution states of users, of one user, or of a user's entity.",
    discussion: """
      EXAMPLES
        growthring states
        growthring states ada
        growthring states ada swift --json

      States follow from the growth model in force; `growthring model show` prints it.
      """)

  @OptionGroup var store: StoreArguments

  @Argument(help: "The user's id; all users without it.")
  var user: String?

  @Argument(help: "The entity's id.")
  var entity: String?

  @Option(help: "At most so many users.")
  var limit: Int?

  @OptionGroup var rows: RowArguments

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative.") }
  }

  func run() async throws {
    let sink = OutputSink()
    try await store.read { store in
      var columns: [RowWriter.Column] = [.init("user_id", "user")]
      if entity != nil { columns.append(.init("entity_id", "entity")) }
      columns += [
        .init("state", "state"), .init("total_score", "score", .trailing),
        .init("active_dimensions", "active", .flexible), .init("mastered_dimensions", "mastered", .flexible),
        .init("connections", "connections", .trailing),
        .init("next_state", nil), .init("missing", "next", .flexible),
      ]
      var writer = rows.writer(columns, to: sink)
      if let user {
        let report =
          if let entity {
            try await store.evolution(user: user, entity: entity)
          } else {
            try await store.evolution(user: user)
          }
        try write(user, report, &writer)
      } else {
        let limit = limit ?? Int.max
        if limit > 0 {
          for try await state in try await store.states() {
            try write(state.user, state.report, &writer)
            if writer.rowCount >= limit { break }
          }
        }
      }
      try writer.finish()
    }
  }

  private func write(_ user: String, _ report: EvolutionReport, _ writer: inout RowWriter) throws {
    writer.put(text: user)
    if let entity { writer.put(text: entity) }
    writer.put(text: report.state)
    writer.put(millionths: report.totalScore.millionths)
    writer.put(list: report.activeDimensions)
    writer.put(list: report.masteredDimensions)
    writer.put(integer: report.connections)
    if let next = report.next {
      writer.put(text: next.state)
      if writer.format == .table {
        writer.put(text: "\(next)")
      } else {
        writer.put(list: next.missing.map(\.description))
      }
    } else {
      writer.putNothing()
      if writer.format == .table { writer.put(text: "") } else { writer.put(list: []) }
    }
    try writer.endRow()
  }
}
