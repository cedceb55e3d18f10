import ArgumentParser
import GrowthRing

struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write events to a file that can be ingested again.",
    discussion: """
      EXAMPLES
        growthring export --output events.ndjson
        growthring export --format csv --scope-column --output events.csv
        growthring export --since 2026-01-01 --until 2026-02-01 --output - | zstd > january.ndjson.zst

      Ingesting an export gives the same events, in the same spelling.
      """)

  @OptionGroup var store: StoreArguments

  @OptionGroup var filter: EventFilterArguments

  @Option(help: "ndjson or csv; what the name of the output says otherwise.")
  var format: InputFormat?

  @Option(help: ArgumentHelp("The file; - is standard output.", valueName: "file"))
  var output = "-"

  @Flag(help: "With a column for the scope in CSV.")
  var scopeColumn = false

  @Flag(help: "No progress and no summary.")
  var quiet = false

  func run() async throws {
    let format = format ?? InputFormat(path: output) ?? .ndjson
    let filter = try filter.filter()
    try await store.read { store in
      let sink = try OutputSink(path: output)
      var events = EventOutput(format == .csv ? .csv : .json, time: .iso, hasScope: scopeColumn, to: sink)
      var progress = ProgressLine(isQuiet: quiet || output == "-")
      for try await batch in try await store.events(matching: filter) {
        try events.write(batch)
        progress.update(fraction: nil, NumberText.counted(events.count, "event"))
      }
      try events.finish()
      progress.clear()
      if !quiet, output != "-" { Console.error("\(NumberText.counted(events.count, "event")) in \(output)") }
      if events.droppedScopes > 0 {
        Console.error(
          "growthring: \(NumberText.counted(events.droppedScopes, "event")) had a scope, which this CSV does not hold; "
            + "add --scope-column")
      }
    }
  }
}
