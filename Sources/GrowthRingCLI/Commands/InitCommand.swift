import ArgumentParser
import GrowthRing

struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Create an empty store.",
    discussion: """
      EXAMPLES
        growthring init --store growth
        growthring init --store growth --model model.yaml --partitions 32
        growthring init --store growth --open-model

      Without --model the store has the standard growth model: self and world, each in know, act and show. An open \
      model takes any dimension and entity type. `growthring model apply` changes the model later.
      """)

  @OptionGroup var store: StoreArguments

  @Option(help: "How many partitions: a power of two up to 4096. It is fixed for ever.")
  var partitions = 16

  @Option(help: ArgumentHelp("The growth model, JSON or YAML.", valueName: "file"))
  var model: String?

  @Flag(help: "Take any dimension and entity type.")
  var openModel = false

  func validate() throws {
    if model != nil, openModel { throw ValidationError("--model and --open-model exclude each other.") }
  }

  func run() async throws {
    var options = StoreOptions()
    options.partitions = partitions
    if openModel { options.model = .open }
    if let model { options.model = try ConfigurationFile.loadModel(model) }
    let path = try store.path()
    try await GrowthStore.create(path, options: options)
    let sink = OutputSink()
    try sink.write(
      "Created a store in \(path): \(NumberText.counted(partitions, "partition")), growth model "
        + "\"\(options.model.name)\".\n")
    try sink.flush()
  }
}
