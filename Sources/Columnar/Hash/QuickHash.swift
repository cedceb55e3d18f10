/// A hash of short keys for tables, in memory and in runs: Formats/run.md, "Tables of pairs", says what it is.
@usableFromInline
package enum QuickHash {
  /// The hash of a range of bytes. Short keys, mostly 17 bytes, take two multiplications and no call.
  @inlinable @inline(__always)
  package static func hash(_ bytes: Bytes, _ start: Int, _ length: Int, seed: UInt64) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: length) &* 0x9E37_79B9_7F4A_7C15
    var offset = 0
    while offset &+ 8 <= length {
      hash = foldedMultiply(
        hash ^ bytes.load(start &+ offset, as: UInt64.self) ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB)
      offset &+= 8
    }
    var tail: UInt64 = 0
    while offset < length {
      tail = tail << 8 | UInt64(bytes[start &+ offset])
      offset &+= 1
    }
    return foldedMultiply(hash ^ tail, 0x8EBC_6AF0_9C88_C6E3)
  }

  /// The hash of a user and an entity, both in stored form.
  @inlinable @inline(__always)
  package static func hash(user: Bytes, entity: Bytes) -> UInt64 {
    hash(entity, 0, entity.count, seed: hash(user, 0, user.count, seed: 0))
  }

  /// The place of a hash among `count` slots.
  @inlinable @inline(__always)
  package static func slot(_ hash: UInt64, of count: Int) -> Int {
    Int(truncatingIfNeeded: ((hash >> 32) &* UInt64(truncatingIfNeeded: count)) >> 32)
  }
}
