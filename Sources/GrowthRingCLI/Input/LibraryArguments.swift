// Public because the types and the protocol are.
public import ArgumentParser
public import GrowthRing

/// Types of the library on the command line.
extension GrowthOrder: ExpressibleByArgument {}

extension SummaryOrder: ExpressibleByArgument {}

extension ParquetEventWriter.Profile: ExpressibleByArgument {}

extension TimeUnit: ExpressibleByArgument {}

extension TimeFormat: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension MaintenanceStep: ExpressibleByArgument {
  public init?(argument: String) {
    // Not what has a command of its own.
    guard let step = Self.allCases.first(where: { $0.rawValue == argument }) else { return nil }
    self = step
  }
}

extension DuplicateContents: ExpressibleByArgument {}
