package import Columnar

/// One version of a memory unit as the engine holds it: checked, ids in stored form, texts as bytes. Immutable, so that
/// memtables, snapshots and merges share it.
package final class UnitVersion: Sendable {
  /// What a version says beside its content: the part that listings read.
  package struct Fields: Sendable, Equatable {
    /// In stored form.
    package var user: [UInt8] = []
    package var muid: [UInt8] = []
    /// In microseconds since 1970.
    package var updatedAt: Int64 = 0
    package var createdAt: Int64 = 0
    package var sourceType: [UInt8] = []
    package var contentType: [UInt8] = []
    package var status: [UInt8] = []
    package var title: [UInt8] = []
    /// Canonical; empty where there are none.
    package var metadata: [UInt8] = []
    /// In millionths.
    package var importance: Int64?
    package var isDeleted = false

    package init() {}
  }

  package let fields: Fields
  package let content: Bytes
  /// The frame of the log with which it was committed; 0 before that.
  package let sequence: UInt64

  package init(_ fields: Fields, content: Bytes, sequence: UInt64 = 0) {
    self.fields = fields
    self.content = content
    self.sequence = sequence
  }

  /// The same in a commit.
  package func committed(at sequence: UInt64) -> UnitVersion {
    UnitVersion(fields, content: content, sequence: sequence)
  }

  package var user: [UInt8] { fields.user }
  package var muid: [UInt8] { fields.muid }
  package var updatedAt: Int64 { fields.updatedAt }

  /// Bytes of memory that it takes, about.
  package var memory: Int {
    320 + fields.user.count + fields.muid.count + fields.title.count + fields.metadata.count + content.count
      + fields.sourceType.count + fields.contentType.count + fields.status.count
  }

  /// Whether everything but the sequence number is the same.
  package func isSame(as other: UnitVersion) -> Bool { fields == other.fields && content == other.content }

  /// The order of segments: by user and muid in stored form, then the newest version first; negative, zero or positive.
  package static func compare(_ a: UnitVersion, _ b: UnitVersion) -> Int {
    let order = compareKey(a, b.user, b.muid)
    if order != 0 { return order }
    return a.updatedAt == b.updatedAt ? 0 : (a.updatedAt > b.updatedAt ? -1 : 1)
  }

  package static func compareKey(_ a: UnitVersion, _ user: [UInt8], _ muid: [UInt8]) -> Int {
    let order = compareBytes(a.user, user)
    return order != 0 ? order : compareBytes(a.muid, muid)
  }

  /// The hash of a unit, by which filters and memtables know it. See Formats/conventions.md, "Hashes of keys".
  package static func hash(user: [UInt8], muid: [UInt8], hashSeed: UInt64) -> UInt64 {
    XXH3.hash(muid, seed: XXH3.hash(user, seed: hashSeed))
  }

  package func hash(hashSeed: UInt64) -> UInt64 { Self.hash(user: user, muid: muid, hashSeed: hashSeed) }
}
