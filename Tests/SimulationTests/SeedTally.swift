import Synchronization
import TestSupport

/// What many simulations at once have come to.
final class SeedTally: Sendable {
  private struct State {
    var statistics = SimulationStatistics()
    var failures: [SimulationFailure] = []
  }

  private let state = Mutex(State())

  var statistics: SimulationStatistics { state.withLock { $0.statistics } }

  /// The shortest first.
  var failures: [SimulationFailure] {
    state.withLock { $0.failures.sorted { $0.operations.count < $1.operations.count } }
  }

  func run(seed: UInt64) {
    do {
      let simulation = try Simulation(seed: seed)
      try simulation.run()
      state.withLock { $0.statistics += simulation.statistics }
    } catch {
      let failure =
        error as? SimulationFailure
        ?? SimulationFailure(seed: seed, step: 0, reason: "\(error)", operations: [])
      state.withLock { $0.failures.append(failure) }
    }
  }
}
