package import Columnar

/// What is decided once, when a store is created: `store.json`. See Formats/store.md.
package struct StoreIdentity: Sendable, Equatable {
  package static let format = "growthring"
  package static let version = 1

  package var partitions: Int
  package var hashSeed: UInt64
  package var createdAt: Timestamp

  package init(partitions: Int, hashSeed: UInt64, createdAt: Timestamp) {
    self.partitions = partitions
    self.hashSeed = hashSeed
    self.createdAt = createdAt
  }

  package static func isAllowed(partitions: Int) -> Bool {
    partitions >= 1 && partitions <= 4096 && partitions & (partitions - 1) == 0
  }

  /// The partition of a user, by the hash of the stored form of its id.
  package func partition(ofUserHash hash: UInt64) -> Int { Int(hash % UInt64(partitions)) }

  package func partition(ofUser stored: Bytes) -> Int {
    partition(ofUserHash: XXH3.hash(stored, seed: hashSeed))
  }

  package func partition(ofUser stored: [UInt8]) -> Int {
    partition(ofUserHash: XXH3.hash(stored, seed: hashSeed))
  }
}
