import Synchronization

/// Randomness that repeats with its seed.
package final class SimulatedEntropy: Entropy {
  private let generator: Mutex<SeededGenerator>

  package init(seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }

  package func next() -> UInt64 { generator.withLock { $0.next() } }
}
