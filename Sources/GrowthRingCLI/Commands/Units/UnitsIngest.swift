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

  @OptionGroup var input: FileArguments

  @Option(help: "The user of records that name none.")
  var user: String?

  @Option(
    help: ArgumentHelp(
      "A column and its field, or =value=field. May be given several times.", valueName: "column=field"))
  var map: [UnitMapArgument] = []

  @OptionGroup var times: TimeTextArguments

  @Flag(help: "Skip keys and columns that are no fields of a unit.")
  var ignoreUnknownFields = false

  @Option(help: "Units stored at a time.")
  var batchSize = 1000

  @OptionGroup var door: UnitDoorArguments

  func validate() throws {
    if !(1...65_536 ~= batchSize) { throw ValidationError("--batch-size must be from 1 to 65536.") }
  }

  func run() async throws {
    var options = UnitIngestOptions()
    options.mapping = map.map(\.mapping)
    options.timeUnit = times.timeUnit
    options.timeFormat = times.timeFormat ?? .iso
    options.naiveOffset = times.naiveTime?.seconds ?? 0
    options.ignoreUnknownFields = ignoreUnknownFields
    options.user = user
    let reader = UnitFileReader(format: input.inputFormat, options: options, batchSize: batchSize)
    try input.check(isMapped: !map.isEmpty, quarantine: door.quarantine)
    try await door.run(store) { door in
      for file in input.files { try await reader.read(file, into: &door) }
    }
  }
}
