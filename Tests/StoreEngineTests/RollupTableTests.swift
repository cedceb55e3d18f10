import Columnar
import StoreEngine
import Testing

@Suite struct RollupTableTests {
  private struct Key: Hashable {
    var group: UInt32
    var a: UInt32
    var b: UInt32
  }

  private func all(_ table: RollupTable, group: UInt32) -> [Key: Aggregate] {
    var found: [Key: Aggregate] = [:]
    table.forEach(group: group) { found[Key(group: $0.group, a: $0.a, b: $0.b)] = $0.aggregate }
    return found
  }

  @Test func equalsNaiveDictionary() {
    var generator = TestGenerator(state: 1)
    var table = RollupTable()
    var naive: [Key: Aggregate] = [:]
    for _ in 0..<20_000 {
      let key = Key(
        group: .random(in: 0..<40, using: &generator), a: .random(in: 0..<30, using: &generator),
        b: .random(in: 0..<12, using: &generator))
      let delta = Int64.random(in: .min ... .max, using: &generator)
      let createdAt = Int64.random(in: -1_000...1_000, using: &generator)
      table.add(group: key.group, a: key.a, b: key.b, delta: delta, createdAt: createdAt)
      naive[key, default: .empty].merge(
        Aggregate(score: Int128(delta), count: 1, first: createdAt, last: createdAt))
    }
    #expect(table.count == naive.count)
    for group in 0..<UInt32(41) { #expect(all(table, group: group) == naive.filter { $0.key.group == group }) }
  }

  @Test func snapshotStaysAsItWas() {
    var table = RollupTable()
    table.add(group: 0, a: 0, b: 0, delta: 5, createdAt: 1)
    let snapshot = table
    table.add(group: 0, a: 0, b: 0, delta: 5, createdAt: 2)
    table.add(group: 3, a: 0, b: 0, delta: 5, createdAt: 2)
    #expect(snapshot.count == 1)
    #expect(all(snapshot, group: 0)[Key(group: 0, a: 0, b: 0)]?.score == 5)
    #expect(all(table, group: 0)[Key(group: 0, a: 0, b: 0)]?.score == 10)
    #expect(table.memory > 0)
  }

  @Test func scopesCountForAllAncestors() {
    #expect(ScopeRollup.ancestorLengths(of: []) == [])
    #expect(ScopeRollup.ancestorLengths(of: Array("org".utf8)) == [3])
    #expect(ScopeRollup.ancestorLengths(of: Array("a/bc/d".utf8)) == [6, 4, 1])
    #expect(ScopeRollup.ancestorLengths(of: Array("/a".utf8)) == [2])
  }

  @Test func daysBeginAtMidnightAlsoBefore1970() throws {
    #expect(Rollup.code(ofDay: 0) == 1 << 31)
    #expect(Rollup.code(ofDay: -1) < Rollup.code(ofDay: 0))
    #expect(Rollup.day(ofCode: Rollup.code(ofDay: -719_162)) == -719_162)
    var batch = EventBatch()
    for createdAt: Int64 in [-1, 0, -Timestamp.microsecondsPerDay] {
      batch.appendRow(
        idHigh: 0, idLow: 0, user: batch.users.intern("u"), entity: batch.entities.intern("e"),
        entityType: batch.entityTypes.intern("t"), dimension: batch.dimensions.intern("d"), delta: 1,
        source: batch.sources.intern(""), scope: batch.scopes.intern(""), createdAt: createdAt,
        metadata: batch.metadatas.intern(""))
    }
    var rollups = MemtableRollups()
    rollups.apply(batch, rows: 0..<3)
    let query = RollupQuery(runs: [], memtables: [RollupSnapshot(rollups, batch: batch)])
    let days = try query.entries(.dailyGrowth, group: Array("u".utf8))
    #expect(days.map(\.day) == [-1, 0] && days.map(\.measures.count) == [2, 1])
    #expect(try query.entries(.userGrowth, group: Array("u".utf8)).map(\.measures.count) == [3])
    #expect(rollups.scopes.table.count == 0)
  }
}
