import ArgumentParser

@main
struct GrowthRingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "growthring", abstract: "An exact, always fresh growth store.")
}
