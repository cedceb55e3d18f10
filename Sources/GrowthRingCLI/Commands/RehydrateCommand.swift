import ArgumentParser
import GrowthRing

struct RehydrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rehydrate", abstract: "Bring the archived events and memory units of a month back into segments.",
    discussion: """
      EXAMPLES
        growthring rehydrate --month 2025-03 --store growth

      Answers stay the same; reads of the month become as fast as those of young events. The month stays out of the
      archive until it is taken from held_months in the policy (`growthring policy show`, `growthring policy apply`).
      """)

  @OptionGroup var store: StoreArguments

  @Option(help: "In UTC, such as 2025-03.")
  var month: String

  @Flag(help: "One JSON object.")
  var json = false

  func run() async throws {
    try await store.read { store in
      let line = SharedProgress()
      let job = try await store.rehydrate(month: month) { progress in
        line.update(
          fraction: Double(progress.done) / Double(max(1, progress.total)),
          "\(NumberText.grouped(progress.moved)) brought back")
      }
      _ = line.finish()
      guard let job else {
        // Unlike maintenance of a timer, which comes again, somebody waits for this.
        throw CommandFailure(
          "other maintenance of this store is under way; the month is held, and not brought back yet",
          "Run the command again when that is done, see `growthring jobs`.")
      }
      try MaintainCommand.report(job, json: json)
    }
  }
}
