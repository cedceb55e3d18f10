import Columnar

/// Recomputes all rollups of a partition from its events and compares them with what is stored, for `verify`.
///
/// The events come sorted by (user, entity, entity type, dimension), as scans give them, in batches of any size. Memory:
/// the aggregates of some users, and all of scope_growth.
package final class RollupRecompute {
  private let entityGrowth: RollupComparison
  private let userGrowth: RollupComparison
  private let dailyGrowth: RollupComparison
  private let scopeGrowth: RollupComparison

  /// The key whose events are coming in, and their aggregate so far.
  private var key: Key?
  private var aggregate = Aggregate.empty

  /// The rollups of complete users and of the current one, compared when enough have come together.
  private var pending = RollupTables()
  private var users = ByteStringDictionary()
  private var user: UInt32 = 0
  private let pendingLimit = 1 << 14

  /// The scopes of all events.
  private var scopeTables = RollupTables()
  private var scopes = ByteStringDictionary()
  private var dimensions = ByteStringDictionary()

  package private(set) var eventCount = 0

  private struct Key {
    var group: KeySpan
    var item: KeySpan
    var leaf: RollupComparison.Leaf
  }

  /// Compares with what the sources of a query say; keeps at most `limit` mismatches of each rollup.
  package init(_ query: RollupQuery, limit: Int = 1_000) throws(StoreError) {
    entityGrowth = RollupComparison(try query.cursor(.entityGrowth), limit: limit)
    userGrowth = RollupComparison(try query.cursor(.userGrowth), limit: limit)
    dailyGrowth = RollupComparison(try query.cursor(.dailyGrowth), limit: limit)
    scopeGrowth = RollupComparison(try query.cursor(.scopeGrowth), limit: limit)
  }

  /// The next events.
  package func add(_ batch: EventBatch) throws(StoreError) {
    let dimensionCodes = Self.intern(batch.dimensions, into: &dimensions)
    let scopeCodes = Self.intern(batch.scopes, into: &scopes)
    scopeTables.resolveScopes(scopes)
    for row in 0..<batch.count {
      let delta = batch.delta[row]
      let createdAt = batch.createdAt[row]
      if row == 0 || !Self.isSameKey(batch, row, row - 1) { try begin(batch, row, afterRow: row > 0) }
      aggregate.merge(Aggregate(delta: delta, createdAt: createdAt))
      let dimension = dimensionCodes[Int(batch.dimension[row])]
      pending.addToUser(user, dimension: dimension, delta: delta, createdAt: createdAt)
      scopeTables.addToScope(
        scopeCodes[Int(batch.scope[row])], dimension: dimension, delta: delta, createdAt: createdAt)
    }
    eventCount += batch.count
  }

  /// All events have come. Returns the mismatches that were kept, and the number of all.
  package func finish() throws(StoreError) -> (mismatches: [RollupMismatch], count: Int, keys: Int) {
    try endKey()
    try comparePending()
    try compare(scopeGrowth, .scopeGrowth, scopeTables)
    let all = [entityGrowth, userGrowth, dailyGrowth, scopeGrowth]
    for comparison in all { try comparison.finish() }
    return (
      all.flatMap(\.mismatches), all.reduce(0) { $0 + $1.mismatchCount }, all.reduce(0) { $0 + $1.keyCount }
    )
  }

  private static func isSameKey(_ batch: EventBatch, _ a: Int, _ b: Int) -> Bool {
    batch.entity[a] == batch.entity[b] && batch.dimension[a] == batch.dimension[b]
      && batch.entityType[a] == batch.entityType[b] && batch.user[a] == batch.user[b]
  }

  /// A row with other codes than the one before: another key, unless it only is the first row of a batch.
  private func begin(_ batch: EventBatch, _ row: Int, afterRow: Bool) throws(StoreError) {
    let isSameUser = afterRow && batch.user[row] == batch.user[row - 1]
    let isSameEntity = isSameUser && batch.entity[row] == batch.entity[row - 1]
    let group = isSameUser ? key?.group : nil
    let item = isSameEntity ? key?.item : nil
    let next = Key(
      group: group ?? KeySpan(batch.users.bytes(batch.user[row])),
      item: item ?? KeySpan(batch.entities.bytes(batch.entity[row])),
      leaf: RollupComparison.Leaf(
        a: Bytes(batch.entityTypes.bytes(batch.entityType[row])),
        b: Bytes(batch.dimensions.bytes(batch.dimension[row])), number: 0))
    let isOtherUser = key.map { KeySpan.compare($0.group, next.group) != 0 } ?? true
    if let key, !isOtherUser, KeySpan.compare(key.item, next.item) == 0, key.leaf.a == next.leaf.a,
      key.leaf.b == next.leaf.b
    {
      return
    }
    try endKey()
    key = next
    if isOtherUser {
      if pending.count > pendingLimit { try comparePending() }
      user = users.intern(next.group.array)
    }
  }

  private func endKey() throws(StoreError) {
    guard let key else { return }
    try entityGrowth.expect(group: key.group, item: key.item, key.leaf, aggregate)
    self.key = nil
    aggregate = .empty
  }

  /// Compares the users that have come together, all of them complete.
  private func comparePending() throws(StoreError) {
    try compare(userGrowth, .userGrowth, pending)
    try compare(dailyGrowth, .dailyGrowth, pending)
    pending = RollupTables()
    users.removeAll()
  }

  private func compare(
    _ comparison: RollupComparison, _ rollup: Rollup, _ tables: RollupTables
  ) throws(StoreError) {
    let snapshot = RollupSnapshot(
      tables: tables, users: users, entities: ByteStringDictionary(), entityTypes: ByteStringDictionary(),
      dimensions: dimensions)
    let vocabulary = RollupVocabulary(rollup, runs: [], memtables: [snapshot])
    try comparison.expect(TableCursor(rollup, snapshot, vocabulary: vocabulary), vocabulary: vocabulary)
  }

  /// Codes in `all` of the texts of a batch.
  private static func intern(_ texts: ByteStringDictionary, into all: inout ByteStringDictionary) -> [UInt32] {
    (0..<UInt32(texts.count)).map { all.intern($0, of: texts) }
  }
}
