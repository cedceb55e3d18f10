import ArgumentParser
import GrowthRing

struct UnitsIngest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest", abstract: "Store the memory units of files, each version once.",
    discussion: """
      EXAMPLES
        growthring units ingest memory_units.ndjson.zst --store growth --create
        growthring units ingest units.csv --quarantine bad.ndjson
        growthring units ingest posts.parquet --map id=muid --map author=user_id --map body=content \\
          --map posted=created_at --map =forum=source_type
        growthring units ingest notes.ndjson --duplicates reject --quarantine same.ndjson

      Files are NDJSON or CSV, plain or compressed with zstd or gzip, or Parquet of any writer. Fields: muid user_id source_type
      title content content_type created_at updated_at importance_score status metadata is_deleted; user_id and created_at
      must be there. Without updated_at a version is as old as its unit, and a record without a muid gets one that follows from
      its content. Taking in the same file again changes nothing.

      Without --quarantine the first batch with a bad unit is not stored and ends the run. With it, bad units go to that file as
      one JSON object a line (file, line, record, field, reason, detail, raw), all others are stored, and the exit code is 3 if
      there were any.
      """)

  @OptionGroup var store: StoreArguments

  @Argument(help: ArgumentHelp("Files; - is standard input.", valueName: "file"))
  var files: [String]

  @Option(help: "ndjson, csv or parquet, where the name of a file does not tell.")
  var inputFormat: InputFormat?

  @Option(help: "The user of records that name none.")
  var user: String?

  @Option(
    help: ArgumentHelp(
      "A column and its field, or =value=field. May be given several times.", valueName: "column=field"))
  var map: [UnitMapArgument] = []

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

  @Flag(help: "Skip keys and columns that are no fields of a unit.")
  var ignoreUnknownFields = false

  @Option(help: "Units stored at a time.")
  var batchSize = 1000

  @OptionGroup var door: UnitDoorArguments

  func validate() throws {
    if files.isEmpty { throw ValidationError("Name a file, or - for standard input.") }
    if files.count(where: { $0 == "-" }) > 1 { throw ValidationError("Standard input can be read once only.") }
    if !(1...65_536 ~= batchSize) { throw ValidationError("--batch-size must be from 1 to 65536.") }
  }

  func run() async throws {
    var options = UnitIngestOptions()
    options.mapping = map.map(\.mapping)
    options.timeUnit = timeUnit
    options.timeFormat = timeFormat ?? .iso
    options.naiveOffset = naiveTime?.seconds ?? 0
    options.ignoreUnknownFields = ignoreUnknownFields
    options.user = user
    let reader = UnitFileReader(format: inputFormat, options: options, batchSize: batchSize)
    for file in files {
      let format = try RecordReader.format(of: file, inputFormat)
      if format == .ndjson, !map.isEmpty {
        throw CommandFailure("--map is for CSV and Parquet, and \(file) is NDJSON", status: .wrongUsage)
      }
      // Before a store is created or a file replaced for nothing.
      try InputFile.check(path: file)
      if let quarantine = door.quarantine, InputFile.isSame(file, quarantine) {
        throw CommandFailure("the quarantine would replace the input \(file)", status: .wrongUsage)
      }
    }
    try await door.run(store) { door in
      for file in files { try await reader.read(file, into: &door) }
    }
  }
}
