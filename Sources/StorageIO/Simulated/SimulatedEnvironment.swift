/// A simulated world with its handles: what the engine sees as a `StorageEnvironment`, and what a test turns.
package struct SimulatedEnvironment: Sendable {
  package let disk: SimulatedDisk
  package let clock: SimulatedClock
  package let entropy: SimulatedEntropy

  package init(disk: SimulatedDisk, clock: SimulatedClock, entropy: SimulatedEntropy) {
    self.disk = disk
    self.clock = clock
    self.entropy = entropy
  }

  /// What the engine is given.
  package var environment: StorageEnvironment { StorageEnvironment(disk: disk, clock: clock, entropy: entropy) }

  /// The world after a power loss: another disk, the same clock, the same randomness going on.
  package func afterCrash(seed: UInt64) -> SimulatedEnvironment {
    SimulatedEnvironment(disk: disk.afterCrash(seed: seed), clock: clock, entropy: entropy)
  }
}

extension StorageEnvironment {
  /// A simulated world whose disk, clock and randomness all follow from one seed.
  package static func simulated(seed: UInt64) -> SimulatedEnvironment {
    SimulatedEnvironment(
      disk: SimulatedDisk(seed: seed), clock: SimulatedClock(),
      entropy: SimulatedEntropy(seed: seed ^ 0xE703_7ED1_A0B4_28DB))
  }
}
