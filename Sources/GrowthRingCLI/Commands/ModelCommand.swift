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
    subcommands: [ShowDocument<GrowthModel>.self, CheckDocument<GrowthModel>.self, Apply.self])

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
      try model.tellInForce()
    }
  }
}

extension GrowthModel: StoreDocument {
  static var noun: String { "growth model" }

  static func load(_ path: String) throws -> GrowthModel { try ConfigurationFile.loadModel(path) }

  static func inForce(_ store: GrowthStore) throws -> GrowthModel { store.model }

  /// `growth model "standard", 6 dimensions, 5 states`.
  var summary: String {
    "growth model \"\(TableText.printable(name))\"\(isOpen ? " (open)" : ""), "
      + "\(NumberText.counted(dimensions.count, "dimension")), "
      + NumberText.counted(evolution.count, "state")
  }
}
