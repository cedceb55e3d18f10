import Columnar
import StoreEngine
import TextSearch

/// Units at one moment, as search needs them: a snapshot of a store, or what a test puts in its place.
protocol UnitSource: Sendable {
  var partitionCount: Int { get }
  func partition(ofUser user: String) -> Int
  /// Commits up to this one cannot get lost any more.
  var durableSequence: UInt64 { get }
  /// The last commit that is in the snapshot.
  var lastSequence: UInt64 { get }
  /// How many versions of units of a partition have expired: a number that only grows.
  func expiredUnits(partition: Int) -> Int
  func hasExpired(_ muid: String, of user: String, updatedAt: Int64, partition: Int) throws(StoreError) -> Bool

  func forEachUnitVersion(
    partition: Int, after sequence: UInt64, content: Bool,
    _ body: (MemoryUnit, _ sequence: UInt64) throws(StoreError) -> Bool
  ) throws(StoreError)

  func unit(_ muid: String, of user: String, content: Bool) throws(StoreError) -> MemoryUnit?

  /// One version of a unit, with the commit that brought it.
  func unitVersion(
    _ muid: String, of user: String, at updatedAt: Timestamp
  ) throws(StoreError) -> (unit: MemoryUnit, sequence: UInt64)?

  func forEachUnit(
    partition: Int, of user: String?, content: Bool, _ body: (MemoryUnit) throws(StoreError) -> Bool
  ) throws(StoreError)

  /// Calls `body` with the units in whose title or content a pattern stands, perhaps without their contents, until it returns false.
  func forEachUnit(
    partition: Int, of user: String?, containing pattern: BytePattern,
    _ body: (MemoryUnit) throws(StoreError) -> Bool
  ) throws(StoreError)
}

extension GrowthSnapshot: UnitSource {
  var lastSequence: UInt64 {
    views.reduce(durableSequence) { last, view in
      view.memtables.reduce(max(last, view.files.manifest.flushedSequence)) { max($0, $1.lastSequence) }
    }
  }

  func unitVersion(
    _ muid: String, of user: String, at updatedAt: Timestamp
  ) throws(StoreError) -> (unit: MemoryUnit, sequence: UInt64)? {
    let found = try view(ofUser: user).units.version(
      user: Identifier.encode(user), muid: Identifier.encode(muid), updatedAt: updatedAt.microseconds)
    return found.map { ($0.unit, $0.sequence) }
  }

  func expiredUnits(partition: Int) -> Int { views[partition].units.expiredCount }

  func hasExpired(_ muid: String, of user: String, updatedAt: Int64, partition: Int) throws(StoreError) -> Bool {
    try views[partition].units.hasExpired(
      user: Identifier.encode(user), muid: Identifier.encode(muid), updatedAt: updatedAt)
  }

  func forEachUnit(
    partition: Int, of user: String?, content: Bool, _ body: (MemoryUnit) throws(StoreError) -> Bool
  ) throws(StoreError) {
    try GrowthSnapshot(views: [views[partition]], identity: identity, model: model).forEachUnit(
      of: user, content: content, body)
  }

  func forEachUnit(
    partition: Int, of user: String?, containing pattern: BytePattern,
    _ body: (MemoryUnit) throws(StoreError) -> Bool
  ) throws(StoreError) {
    // Most units do not have it, so it is looked for in what is stored, before a unit is made of that.
    var merge = UnitMerge(try views[partition].units.cursors(user: user.map { Identifier.encode($0) }))
    while let newest = try merge.nextUnit() {
      if newest.version.fields.isDeleted { continue }
      if !pattern.isIn(newest.version.fields.title), try !pattern.isIn(newest.content()) { continue }
      guard try body(newest.listed.unit) else { return }
    }
  }
}

extension MemoryUnit {
  /// Whether it can be found: not deleted, and none of those that a store keeps for itself, such as profiles.
  var isSearched: Bool { !isDeleted && !isReserved }

  /// By which an index that took in this version last knows its store again.
  var mark: TextMark {
    var hash = UInt64(0)
    let others = "\(createdAt.microseconds) \(importanceScore?.millionths.description ?? "") \(isDeleted)"
    for text in [sourceType, title, content, contentType, status, metadata, others] {
      hash = XXH3.hash(Array(text.utf8), seed: hash)
    }
    return TextMark(user: user, unit: muid, version: updatedAt.microseconds, hash: hash)
  }

  /// For the index.
  var document: TextDocument {
    TextDocument(
      user: user, unit: muid, version: updatedAt.microseconds, title: title, content: content, isDeleted: !isSearched)
  }
}
