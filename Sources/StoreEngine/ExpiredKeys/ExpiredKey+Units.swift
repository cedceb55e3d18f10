import Columnar

/// Keys of versions of memory units. See Formats/expired-keys.md, "Keys of memory units".
extension ExpiredKey {
  /// `unitHash` is the hash of the unit.
  static func hash(unitHash: UInt64, updatedAt: Int64) -> UInt64 { XXH3.hash(bytes(updatedAt), seed: unitHash) }

  /// Ids in stored form; `hashSeed` is the store's.
  static func check(user: [UInt8], muid: [UInt8], updatedAt: Int64, hashSeed: UInt64) -> UInt32 {
    let unitCheck = XXH3.hash(muid, seed: userCheck(user, hashSeed: hashSeed))
    return UInt32(truncatingIfNeeded: XXH3.hash(bytes(updatedAt), seed: unitCheck) >> 32)
  }

  /// The key of a version, ids in stored form; `hashSeed` is the store's.
  package init(user: [UInt8], muid: [UInt8], updatedAt: Int64, hashSeed: UInt64) {
    let unitHash = UnitVersion.hash(user: user, muid: muid, hashSeed: hashSeed)
    self.init(
      hash: Self.hash(unitHash: unitHash, updatedAt: updatedAt),
      check: Self.check(user: user, muid: muid, updatedAt: updatedAt, hashSeed: hashSeed))
  }

  private static func bytes(_ value: Int64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}

extension ExpiredKeyFile {
  /// Whether a version of a unit is here, ids in stored form. `unitHash` is the hash of the unit, `hashSeed` the store's.
  func contains(
    user: [UInt8], muid: [UInt8], updatedAt: Int64, unitHash: UInt64, hashSeed: UInt64
  ) throws(StoreError) -> Bool {
    guard days.isUnknown || days.contains(day: Int64(Timestamp(microseconds: updatedAt).day)) else { return false }
    return try contains(hash: ExpiredKey.hash(unitHash: unitHash, updatedAt: updatedAt)) {
      ExpiredKey.check(user: user, muid: muid, updatedAt: updatedAt, hashSeed: hashSeed)
    }
  }
}
