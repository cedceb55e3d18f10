import ArgumentParser
import GrowthRing

/// The files that a command takes in.
struct FileArguments: ParsableArguments {
  @Argument(help: ArgumentHelp("Files; - is standard input.", valueName: "file"))
  var files: [String]

  @Option(help: "ndjson, csv or parquet, where the name of a file does not tell.")
  var inputFormat: InputFormat?

  func validate() throws {
    if files.isEmpty { throw ValidationError("Name a file, or - for standard input.") }
    if files.count(where: { $0 == "-" }) > 1 { throw ValidationError("Standard input can be read once only.") }
  }

  /// Looks at all files, before a store is created or a file replaced for nothing.
  func check(isMapped: Bool, quarantine: String?) throws {
    for file in files {
      let format = try RecordReader.format(of: file, inputFormat)
      if format == .ndjson, isMapped {
        throw CommandFailure("--map is for CSV and Parquet, and \(file) is NDJSON", status: .wrongUsage)
      }
      try InputFile.check(path: file)
      if let quarantine, InputFile.isSame(file, quarantine) {
        throw CommandFailure("the quarantine would replace the input \(file)", status: .wrongUsage)
      }
    }
  }
}
