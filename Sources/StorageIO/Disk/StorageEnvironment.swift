/// Where the time comes from.
package protocol WallClock: Sendable {
  /// Microseconds since 1970 in UTC. Real clocks jump, so never take order from it.
  func now() -> Int64
}

/// Where randomness comes from.
package protocol Entropy: Sendable {
  /// 64 uniformly distributed bits.
  func next() -> UInt64
}

/// The one seam to the world: files, time and randomness. With a simulated one, a seed replays a run byte for byte.
package struct StorageEnvironment: Sendable {
  package let disk: any Disk
  package let clock: any WallClock
  package let entropy: any Entropy

  package init(disk: any Disk, clock: any WallClock, entropy: any Entropy) {
    self.disk = disk
    self.clock = clock
    self.entropy = entropy
  }

  /// The machine's own disk, clock and random source.
  package static let posix = StorageEnvironment(disk: POSIXDisk(), clock: SystemClock(), entropy: SystemEntropy())
}
