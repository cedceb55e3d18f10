import ArgumentParser

/// `growthring`: all commands.
struct GrowthRingCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "growthring", abstract: "An append-only event store with exact, always fresh growth.",
    discussion: """
      EXAMPLES
        growthring ingest events.ndjson.zst --store growth --create
        growthring growth ada --store growth
        growthring verify --store growth

      Every command takes --store DIR, or the environment variable GROWTHRING_STORE.
      Times are ISO 8601 (2026-11-01T12:30:00Z), dates, months (2026-11), weeks (2026-W45), or ages before now (30m, 12h,
      90d, 2w, 1y).

      EXIT CODES
        0 done, 1 failed, 2 wrong usage, 3 some input was rejected, 4 corruption found
      """,
    version: "0.1.0",
    groupedSubcommands: [
      CommandGroup(name: "Taking in", subcommands: [InitCommand.self, IngestCommand.self, GenerateCommand.self]),
      CommandGroup(
        name: "Memory", subcommands: [UnitsCommand.self, QualityCommand.self, ProfileCommand.self]),
      CommandGroup(
        name: "Asking",
        subcommands: [
          GrowthCommand.self, HistoryCommand.self, EventsCommand.self, TopCommand.self, DailyCommand.self,
          ScopeCommand.self, StatesCommand.self, SummaryCommand.self, SearchCommand.self, ExportCommand.self,
        ]),
      CommandGroup(
        name: "Keeping",
        subcommands: [
          StatsCommand.self, VerifyCommand.self, CompactCommand.self, MaintainCommand.self, JobsCommand.self,
          PolicyCommand.self, RehydrateCommand.self, InspectCommand.self, ModelCommand.self, BenchCommand.self,
        ]),
    ])
}
