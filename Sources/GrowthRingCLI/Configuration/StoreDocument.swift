import ArgumentParser
import GrowthRing

/// What a store has in a file of its own, to be shown, checked and replaced: its growth model, its ageing policy.
protocol StoreDocument {
  /// What it is called in a sentence.
  static var noun: String { get }
  static func load(_ path: String) throws -> Self
  static func inForce(_ store: GrowthStore) throws -> Self
  func json() -> String
  /// In a line.
  var summary: String { get }
}

extension StoreDocument {
  /// Says which one is in force now.
  func tellInForce() throws { try OutputSink.say("In force: \(summary).") }
}

extension OutputSink {
  /// A line on standard output.
  static func say(_ line: String) throws {
    let sink = OutputSink()
    try sink.write(line + "\n")
    try sink.flush()
  }
}

struct ShowDocument<Document: StoreDocument>: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "show", abstract: "Print the \(Document.noun) in force, as JSON.")
  }

  @OptionGroup var store: StoreArguments

  func run() async throws {
    let sink = OutputSink()
    try await store.read { store in
      try sink.write(Document.inForce(store).json())
      try sink.flush()
    }
  }
}

struct CheckDocument<Document: StoreDocument>: AsyncParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: "check", abstract: "Say every problem of a \(Document.noun), by line.")
  }

  @Argument(help: "A \(Document.noun), JSON or YAML.")
  var file: String

  func run() async throws {
    let document = try Document.load(file)
    try OutputSink.say("\(file) is valid: \(document.summary).")
  }
}
