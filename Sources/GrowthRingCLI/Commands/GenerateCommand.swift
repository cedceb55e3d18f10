import ArgumentParser
import GrowthRing

struct GenerateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Make up growth events, the same ones for the same seed.",
    discussion: """
      EXAMPLES
        growthring generate --events 1M --output events.ndjson
        growthring generate --events 50k --seed 7 --late 0.01 --format csv > events.csv
        growthring generate --events 10M | growthring ingest - --input-format ndjson --store growth --create

      Two years of a learning product: few users do most, with 5 to 500 entities each, in the six dimensions of the
      standard growth model. Any number of events streams in bounded memory.
      """)

  @Option(help: "How many events, such as 250k or 1M.")
  var events = CountArgument(argument: "1M")!

  @Option(help: "How many users; otherwise as many as suit the events.")
  var users: CountArgument?

  @Option(help: "The seed.")
  var seed: UInt64 = 1

  @Option(help: "The part of the events, 0 to 1, that comes up to three years late.")
  var late = 0.0

  @Flag(help: "Most users have a scope.")
  var scopes = false

  @Option(help: "The version of event ids: 7 is in order of time, 4 is random.")
  var idVersion = 7

  @Option(help: ArgumentHelp("ndjson or csv; what the name of the output says otherwise.", valueName: "format"))
  var format: InputFormat?

  @Option(help: ArgumentHelp("The file; - is standard output.", valueName: "file"))
  var output = "-"

  func validate() throws {
    if (format ?? InputFormat(path: output)) == .parquet {
      throw ValidationError("generate writes NDJSON or CSV; `export` makes Parquet of what is stored.")
    }
    if late < 0 || late > 1 || late.isNaN { throw ValidationError("--late must be from 0 to 1.") }
    if users?.value == 0 { throw ValidationError("--users must be at least 1.") }
    if EventGenerator.Options.IDVersion(rawValue: idVersion) == nil {
      throw ValidationError("--id-version must be 4 or 7.")
    }
  }

  func run() async throws {
    let format = try OutputFormat.of(output, format)
    let sink = try OutputSink(replacing: output)
    var generator = EventGenerator(
      EventGenerator.Options(
        events: events.value, users: users?.value, seed: seed, late: late,
        idVersion: EventGenerator.Options.IDVersion(rawValue: idVersion) ?? .timeOrdered, scopes: scopes))
    var output = EventOutput(format == .csv ? .csv : .json, time: .iso, hasScope: scopes, to: sink)
    var progress = ProgressLine(isQuiet: self.output == "-")
    var isMore = true
    while isMore {
      var batch = EventBatch()
      isMore = generator.next(into: &batch, count: 16_384) > 0
      try output.write(batch)
      progress.update(
        fraction: Double(output.count) / Double(max(1, events.value)), NumberText.counted(output.count, "event"))
    }
    try output.finish()
    try sink.publish()
    progress.clear()
  }
}
