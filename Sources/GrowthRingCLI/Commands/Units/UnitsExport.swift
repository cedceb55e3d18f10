import ArgumentParser
import GrowthRing

struct UnitsExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write memory units to a file that can be ingested again.",
    discussion: """
      EXAMPLES
        growthring units export --output units.ndjson
        growthring units export --user ada --versions --output ada.ndjson
        growthring units export --output units.parquet
        growthring units export --format csv --output - | zstd > units.csv.zst

      Ingesting an export gives the same units, byte for byte. --versions also writes all earlier versions and deletions.
      """)

  @OptionGroup var store: StoreArguments

  @Option(help: "Only units of this user.")
  var user: String?

  @Flag(help: "All versions, also those that say that a unit was deleted.")
  var versions = false

  @Option(help: "ndjson, csv or parquet; what the name of the output says otherwise.")
  var format: InputFormat?

  @Option(help: "Of Parquet: compatible, which every reader reads, or compact: smaller, and slow to write.")
  var profile: ParquetEventWriter.Profile = .compatible

  @Option(help: ArgumentHelp("The file; - is standard output.", valueName: "file"))
  var output = "-"

  @Flag(help: "No progress and no summary.")
  var quiet = false

  func run() async throws {
    let format = try OutputFormat.of(output, format)
    if profile == .compact, format != .parquet {
      throw CommandFailure("--profile is for Parquet", status: .wrongUsage)
    }
    try await store.read { store in
      let sink = try OutputSink(replacing: output)
      var progress = ProgressLine(isQuiet: quiet || output == "-")
      var parquet = ParquetUnitWriter(profile: profile)
      let csv = CSVUnitEncoder()
      let ndjson = NDJSONUnitEncoder()
      if format == .csv { sink.buffer.append(csv.header) }
      var count = 0
      for try await chunk in try await store.units(of: user, content: true, versions: versions) {
        for unit in chunk {
          switch format {
          case .ndjson: ndjson.encode(unit, into: &sink.buffer)
          case .csv: csv.encode(unit, into: &sink.buffer)
          case .parquet:
            do throws(UnitRejection) {
              try parquet.append(unit, into: &sink.buffer)
            } catch {
              throw CommandFailure("the unit \(unit.muid): \(error)", "Export as NDJSON.")
            }
          }
          try sink.drain()
          count += 1
        }
        progress.update(fraction: nil, NumberText.counted(count, "unit"))
      }
      if format == .parquet { parquet.finish(into: &sink.buffer) }
      try sink.publish()
      progress.clear()
      if !quiet, output != "-" {
        Console.error("\(NumberText.counted(count, versions ? "version" : "unit")) in \(output)")
      }
    }
  }
}
