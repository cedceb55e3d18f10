/// A promise that was broken, and how to see it again.
package struct SimulationFailure: Error, CustomStringConvertible {
  package let seed: UInt64
  package let step: Int
  package let reason: String
  /// The operations before, oldest first.
  package let operations: [String]

  package init(seed: UInt64, step: Int, reason: String, operations: [String]) {
    self.seed = seed
    self.step = step
    self.reason = reason
    self.operations = operations
  }

  package var description: String {
    "seed \(seed), step \(step): \(reason)\nreplay with GROWTHRING_SEED=\(seed)\n"
      + operations.suffix(30).joined(separator: "\n")
  }
}
