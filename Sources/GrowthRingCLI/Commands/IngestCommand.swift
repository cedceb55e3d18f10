import ArgumentParser
import GrowthRing

struct IngestCommand: AsyncParsableCommand {
  enum Durability: String, CaseIterable, ExpressibleByArgument {
    case synced
    case buffered
  }

  static let configuration = CommandConfiguration(
    commandName: "ingest", abstract: "Store the events of files, each exactly once.",
    discussion: """
      EXAMPLES
        growthring ingest events.ndjson.zst --store growth --create
        zcat events.csv.gz | growthring ingest - --input-format csv
        growthring ingest events.ndjson --quarantine bad.ndjson
        growthring ingest orders.parquet --map buyer=user_id --map item=entity_id --map "=quest=entity_type" \\
          --map "=world_act=dim_key" --map price=delta --map ordered_at=created_at
        growthring ingest log.csv --create --open-model --map "org:resource=user_id" \\
          --map "case:concept:name=entity_id" --map "=case=entity_type" --map "=act_world=dim_key" \\
          --map "=1=delta" --map "time:timestamp=created_at"

      Files are NDJSON or CSV, plain or compressed with zstd or gzip, or Parquet of any writer. Taking in the same file again changes nothing, so
      a run that was interrupted is simply started again; records without an id get one that follows from their content.

      --map COLUMN=FIELD says which column of a foreign CSV or Parquet file is which field, and --map =VALUE=FIELD gives a field the same
      value in every row. Fields: event_id user_id entity_id entity_type dim_key delta source scope created_at metadata,
      and source_muid, the unit of memory that an event came from, which goes into the metadata.

      Without --quarantine the first batch with a bad row is not stored and ends the run. With it, bad rows go to that
      file as one JSON object a line (file, line, record, field, reason, detail, raw), all others are stored, and the
      exit code is 3 if there were any.
      """)

  @OptionGroup var store: StoreArguments

  @Argument(help: ArgumentHelp("Files; - is standard input.", valueName: "file"))
  var files: [String]

  @Option(help: "ndjson, csv or parquet, where the name of a file does not tell.")
  var inputFormat: InputFormat?

  @Option(
    help: ArgumentHelp(
      "A column and its field, or =value=field. May be given several times.", valueName: "column=field"))
  var map: [MapArgument] = []

  @Option(
    help: ArgumentHelp(
      "The character between the cells of CSV, or tab; otherwise what the header shows.", valueName: "character"))
  var delimiter: String?

  @Option(help: "The unit of times that are integers: us, ms or s.")
  var timeUnit: TimeUnit = .microseconds

  @Option(
    help: ArgumentHelp(
      "How CSV writes times: iso, us, ms, s, or a pattern such as \"%d/%m/%Y %H:%M\".", valueName: "format"))
  var timeFormat: TimeFormat?

  @Option(
    help: ArgumentHelp(
      "The zone of times that name none, in CSV and Parquet: UTC or such as +02:00.", valueName: "zone"))
  var naiveTime: ZoneArgument?

  @Option(help: ArgumentHelp("The column with the zone of times that name none.", valueName: "column"))
  var zoneColumn: String?

  @Option(help: ArgumentHelp("Put bad rows with their reasons here, and store the others.", valueName: "file"))
  var quarantine: String?

  @Flag(help: "Skip keys and columns that are no fields of an event.")
  var ignoreUnknownFields = false

  @Flag(help: "Give records without an id a fresh one, so that taking them in again stores them again.")
  var freshIds = false

  @Flag(help: "Create the store where there is none.")
  var create = false

  @Flag(help: "Create the store where there is none, for any dimension and entity type.")
  var openModel = false

  @Option(help: "synced: every batch is on the disk before the next; buffered: the operating system writes it later.")
  var durability: Durability = .synced

  @Option(help: "Events stored at a time.")
  var batchSize = 32_768

  @Option(help: ArgumentHelp("Memory to take at the most, from 96 MiB on.", valueName: "MiB"))
  var memory = 256

  @Flag(help: "One JSON object as the summary.")
  var json = false

  @Flag(help: "No progress.")
  var quiet = false

  func validate() throws {
    if files.isEmpty { throw ValidationError("Name a file, or - for standard input.") }
    if files.count(where: { $0 == "-" }) > 1 { throw ValidationError("Standard input can be read once only.") }
    if !(1...1_048_576 ~= batchSize) { throw ValidationError("--batch-size must be from 1 to 1048576.") }
    if !(96...1 << 20 ~= memory) { throw ValidationError("--memory must be from 96 to 1048576.") }
    if let delimiter, Self.byte(delimiter) == nil {
      throw ValidationError("--delimiter must be one ASCII character other than a quote and a line feed, or tab.")
    }
  }

  func run() async throws {
    let reader = RecordReader(
      paths: files, format: inputFormat, options: csvOptions(), batchSize: batchSize)
    for file in files {
      let format = try RecordReader.format(of: file, inputFormat)
      if format == .ndjson, !map.isEmpty {
        throw CommandFailure("--map is for CSV and Parquet, and \(file) is NDJSON", status: .wrongUsage)
      }
      // Before a store is created or a file replaced for nothing.
      try InputFile.check(path: file)
      if let quarantine, InputFile.isSame(file, quarantine) {
        throw CommandFailure("the quarantine would replace the input \(file)", status: .wrongUsage)
      }
    }
    var options = StoreOptions()
    options.durability = durability == .synced ? .synced : .buffered
    // The rest is for batches on their way to the store: four of up to 8 MiB of text and as much in numbers.
    options.memoryBytes = (memory - min(80, memory / 3)) << 20
    options.createIfMissing = create || openModel
    if openModel { options.model = .open }
    var summary = IngestSummary()
    try await store.write(options) { store in
      if openModel, !store.model.isOpen {
        throw CommandFailure(
          "the store has the growth model \"\(store.model.name)\", which is not open",
          "Run without --open-model, or first `growthring model apply --open-model`.")
      }
      let sink = try quarantine.map { try OutputSink(path: $0) }
      var run = IngestRun(store: store, quarantine: sink)
      try await run.run(reader, isQuiet: quiet)
      summary = run.summary
    }
    let sink = OutputSink()
    if json {
      sink.buffer.append(contentsOf: summary.object.line)
    } else {
      sink.buffer.append(summary.text(quarantine: quarantine))
    }
    try sink.flush()
    if summary.rejected + summary.conflicts > 0 { throw ExitCode(ExitStatus.someRejected.rawValue) }
  }

  private func csvOptions() -> CSVOptions {
    var options = CSVOptions(mapping: map.map(\.mapping))
    options.ingest.timeUnit = timeUnit
    options.ingest.ignoreUnknownFields = ignoreUnknownFields
    options.ingest.deriveEventIDs = !freshIds
    options.delimiter = delimiter.flatMap { Self.byte($0) }
    options.timeFormat = timeFormat ?? .iso
    options.naiveOffset = naiveTime?.seconds ?? 0
    options.zoneColumn = zoneColumn
    return options
  }

  private static func byte(_ delimiter: String) -> UInt8? {
    if delimiter == "tab" || delimiter == "\\t" { return UInt8(ascii: "\t") }
    let bytes = Array(delimiter.utf8)
    guard bytes.count == 1, bytes[0] < 0x80, bytes[0] != UInt8(ascii: "\""), bytes[0] != UInt8(ascii: "\n"),
      bytes[0] != UInt8(ascii: "\r"), bytes[0] != 0
    else { return nil }
    return bytes[0]
  }
}
