import ArgumentParser

struct UnitsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "units", abstract: "Memory units: what users wrote and kept, in versions.",
    discussion: """
      EXAMPLES
        growthring units import ~/notes --user ada
        growthring units ingest memory_units.ndjson.zst --quarantine bad.ndjson
        growthring units put --user ada --title "First lesson" lesson.md
        growthring units list --user ada --since 30d
        growthring units get lesson.md --user ada
        growthring units history lesson.md --user ada
        growthring units delete lesson.md --user ada
        growthring units export --output units.parquet

      A unit is its user and its muid, and has as many versions as it was changed; the version with the newest updated_at is
      the unit. Sending a version again changes nothing, and a deleted unit keeps its history.
      """,
    subcommands: [
      UnitsPut.self, UnitsGet.self, UnitsList.self, UnitsHistory.self, UnitsDelete.self, UnitsImport.self,
      UnitsIngest.self, UnitsExport.self,
    ])
}

/// Which unit is meant.
struct UnitArguments: ParsableArguments {
  @Argument(help: "The unit's muid.")
  var muid: String

  @Option(help: "The user whose unit it is.")
  var user: String

  var name: String { "the unit \(TableText.printable(muid)) of \(TableText.printable(user))" }
}
