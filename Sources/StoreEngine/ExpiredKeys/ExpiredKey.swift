import Columnar

/// What is kept of the identity of an event that expired: 96 bits of hashes. See Formats/expired-keys.md.
package struct ExpiredKey: Sendable, Hashable, Comparable {
  /// The hash that filters of keys use.
  package var hash: UInt64
  /// Bits that tell nothing of `hash`.
  package var check: UInt32

  /// Bytes of an entry.
  static let length = 12
  /// About what a key takes in a file, with its part of the index.
  package static let bytesOfKey = 12.1

  package init(hash: UInt64, check: UInt32) {
    self.hash = hash
    self.check = check
  }

  /// The second hash of a user in stored form; `hashSeed` is the store's.
  package static func userCheck(_ user: [UInt8], hashSeed: UInt64) -> UInt64 {
    XXH3.hash(user, seed: hashSeed ^ 0xC2B2_AE3D_27D4_EB4F)
  }

  package static func check(userCheck: UInt64, high: UInt64, low: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: foldedMultiply(high ^ userCheck, low ^ 0x1656_67B1_9E37_79F9) >> 32)
  }

  package static func < (a: ExpiredKey, b: ExpiredKey) -> Bool {
    a.hash != b.hash ? a.hash < b.hash : a.check < b.check
  }
}
