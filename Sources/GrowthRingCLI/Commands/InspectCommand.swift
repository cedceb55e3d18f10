import ArgumentParser
import GrowthRing

struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "An annotated dump of a file of a store.",
    discussion: """
      EXAMPLES
        growthring inspect growth/store.json
        growthring inspect growth/partitions/00/*.seg

      The formats are specified in the project's folder Formats.
      """)

  @Argument(help: ArgumentHelp("Files of a store.", valueName: "file"))
  var files: [String]

  func run() async throws {
    let sink = OutputSink()
    for file in files {
      if files.count > 1 { try sink.write("\(file):\n") }
      for line in try Self.describe(file) { try sink.write(TableText.printable(line) + "\n") }
    }
    try sink.flush()
  }

  private static func describe(_ file: String) throws -> [String] {
    do throws(StoreError) {
      return try StoreInspector.describe(file)
    } catch {
      switch error.kind {
      case .notFound: throw CommandFailure("\(file): \(error.reason)", "Check the name of the file.")
      case .corruption:
        throw CommandFailure(
          CommandFailure(error).message, "Either it is no file of a store, or it is damaged.", status: .corruption)
      default:
        // A folder, and what must not be read.
        _ = try InputFile(path: file)
        throw error
      }
    }
  }
}
