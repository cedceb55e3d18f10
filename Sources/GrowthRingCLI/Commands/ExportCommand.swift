import ArgumentParser
import GrowthRing

struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write events to a file that can be ingested again.",
    discussion: """
      EXAMPLES
        growthring export --output events.ndjson
        growthring export --format csv --scope-column --output events.csv
        growthring export --output events.parquet
        growthring export --where "metadata.tags contains 'launch'" --output launch.ndjson
        growthring export --since 2026-01-01 --until 2026-02-01 --output - | zstd > january.ndjson.zst

      A file is there, or replaced, when everything is in it; until then it has .partial behind its name. Ingesting an \
      export gives the same events, in the same spelling. Parquet is sorted by user, entity, dimension and
      time, with event ids as UUIDs, deltas as decimals and times as UTC timestamps, for any engine to read.
      """)

  @OptionGroup var store: StoreArguments

  @OptionGroup var filter: EventFilterArguments

  @Option(help: "ndjson, csv or parquet; what the name of the output says otherwise.")
  var format: InputFormat?

  @Option(help: "Of Parquet: compatible, which every reader reads, or compact: smaller, and slow to write.")
  var profile: ParquetEventWriter.Profile = .compatible

  @Option(help: ArgumentHelp("The file; - is standard output.", valueName: "file"))
  var output = "-"

  @Flag(help: "With a column for the scope in CSV.")
  var scopeColumn = false

  @Flag(help: "No progress and no summary.")
  var quiet = false

  func run() async throws {
    let format = try OutputFormat.of(output, format)
    if scopeColumn, format != .csv {
      throw CommandFailure("--scope-column is for CSV; NDJSON and Parquet have scopes anyway", status: .wrongUsage)
    }
    if profile == .compact, format != .parquet {
      throw CommandFailure("--profile is for Parquet", status: .wrongUsage)
    }
    let filter = try filter.filter()
    if format == .parquet { return try await exportParquet(filter) }
    try await store.read { store in
      let sink = try OutputSink(replacing: output)
      var events = EventOutput(format == .csv ? .csv : .json, time: .iso, hasScope: scopeColumn, to: sink)
      var progress = ProgressLine(isQuiet: quiet || output == "-")
      for try await batch in try await store.events(matching: filter) {
        try events.write(batch)
        progress.update(fraction: nil, NumberText.counted(events.count, "event"))
      }
      try events.finish()
      try sink.publish()
      progress.clear()
      if !quiet, output != "-" { Console.error("\(NumberText.counted(events.count, "event")) in \(output)") }
      events.tellDroppedScopes()
    }
  }

  private func exportParquet(_ filter: EventFilter) async throws {
    try await store.read { store in
      let sink = try OutputSink(replacing: output)
      var writer = ParquetEventWriter(profile: profile)
      var progress = ProgressLine(isQuiet: quiet || output == "-")
      do {
        for try await batch in try await store.sortedEvents(matching: filter) {
          try writer.append(batch, into: &sink.buffer)
          try sink.drain()
          progress.update(fraction: nil, NumberText.counted(writer.count, "event"))
        }
        try writer.finish(into: &sink.buffer)
      } catch let error as ParquetExportError {
        throw CommandFailure("\(error)", "Leave the event out with a filter, or export as NDJSON.")
      }
      try sink.publish()
      progress.clear()
      if !quiet, output != "-" { Console.error("\(NumberText.counted(writer.count, "event")) in \(output)") }
    }
  }
}
