import ArgumentParser
import GrowthRing

struct ModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Show, check or change the growth model.",
    discussion: """
      EXAMPLES
        growthring model show > model.json
        growthring model check model.yaml
        growthring model apply model.yaml

      A model names the dimensions, what events may carry, and the rules of evolution. Stored events stay as they are.
      """,
    subcommands: [Show.self, Check.self, Apply.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the growth model in force, as JSON.")

    @OptionGroup var store: StoreArguments

    func run() async throws {
      let sink = OutputSink()
      try await store.read { store in
        try sink.write(store.model.json())
        try sink.flush()
      }
    }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Say every problem of a growth model, by line.")

    @Argument(help: "A growth model, JSON or YAML.")
    var file: String

    func run() async throws {
      let model = try ConfigurationFile.loadModel(file)
      let sink = OutputSink()
      try sink.write("\(file) is valid: \(ModelCommand.summary(model)).\n")
      try sink.flush()
    }
  }

  struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put another growth model in force.",
      discussion: "Whoever has the store open for writing must reopen it to use the new model.")

    @OptionGroup var store: StoreArguments

    @Argument(help: "A growth model, JSON or YAML.")
    var file: String?

    @Flag(help: "The open model instead of a file: any dimension and entity type.")
    var openModel = false

    func validate() throws {
      if (file == nil) != openModel { throw ValidationError("Name a file, or give --open-model.") }
    }

    func run() async throws {
      let model = try file.map { try ConfigurationFile.loadModel($0) } ?? .open
      try await store.write { store in try await store.apply(model: model) }
      let sink = OutputSink()
      try sink.write("In force: \(ModelCommand.summary(model)).\n")
      try sink.flush()
    }
  }

  /// `growth model "standard", 6 dimensions, 5 states`.
  private static func summary(_ model: GrowthModel) -> String {
    "growth model \"\(TableText.printable(model.name))\"\(model.isOpen ? " (open)" : ""), "
      + "\(NumberText.counted(model.dimensions.count, "dimension")), "
      + NumberText.counted(model.evolution.count, "state")
  }
}
