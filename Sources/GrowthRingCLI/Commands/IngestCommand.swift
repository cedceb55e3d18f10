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

  @OptionGroup var input: FileArguments

  @Option(
    help: ArgumentHelp(
      "A column and its field, or =value=field. May be given several times.", valueName: "column=field"))
  var map: [MapArgument] = []

  @Option(
    help: ArgumentHelp(
      "The character between the cells of CSV, or tab; otherwise what the header shows.", valueName: "character"))
  var delimiter: String?

  @OptionGroup var times: TimeTextArguments

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
    if !(1...1_048_576 ~= batchSize) { throw ValidationError("--batch-size must be from 1 to 1048576.") }
    if !(96...1 << 20 ~= memory) { throw ValidationError("--memory must be from 96 to 1048576.") }
    if let delimiter, Self.byte(delimiter) == nil {
      throw ValidationError("--delimiter must be one ASCII character other than a quote and a line feed, or tab.")
    }
  }

  func run() async throws {
    let reader = RecordReader(
      paths: input.files, format: input.inputFormat, options: csvOptions(), batchSize: batchSize)
    try input.check(isMapped: !map.isEmpty, quarantine: quarantine)
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
    try summary.report(json: json, quarantine: quarantine)
  }

  private func csvOptions() -> CSVOptions {
    var options = CSVOptions(mapping: map.map(\.mapping))
    options.ingest.timeUnit = times.timeUnit
    options.ingest.ignoreUnknownFields = ignoreUnknownFields
    options.ingest.deriveEventIDs = !freshIds
    options.delimiter = delimiter.flatMap { Self.byte($0) }
    options.timeFormat = times.timeFormat ?? .iso
    options.naiveOffset = times.naiveTime?.seconds ?? 0
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
