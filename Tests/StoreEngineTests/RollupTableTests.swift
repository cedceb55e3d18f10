import Columnar
import StoreEngine
import Testing

@Suite struct RollupTableTests {
  private struct Key: Hashable {
    var group: UInt32
    var item: UInt32
    var a: UInt32
    var b: UInt32
  }

  @Test(arguments: [Rollup.entityGrowth, .dailyGrowth])
  func equalsNaiveDictionary(rollup: Rollup) {
    var generator = TestGenerator(state: 1)
    var table = RollupTable(rollup)
    var naive: [Key: Aggregate] = [:]
    for _ in 0..<20_000 {
      let key = Key(
        group: .random(in: 0..<40, using: &generator),
        item: rollup.hasItems ? .random(in: 0..<30, using: &generator) : 0, a: .random(in: 0..<3, using: &generator),
        b: .random(in: 0..<4, using: &generator))
      let delta = Int64.random(in: .min ... .max, using: &generator)
      let createdAt = Int64.random(in: -1_000...1_000, using: &generator)
      table.add(group: key.group, item: key.item, a: key.a, b: key.b, delta: delta, createdAt: createdAt)
      naive[key, default: .empty].merge(
        Aggregate(score: Int128(delta), count: 1, first: createdAt, last: createdAt))
    }
    #expect(table.count == naive.count)
    for (key, expected) in naive {
      #expect(table.find(group: key.group, item: key.item, a: key.a, b: key.b) == expected)
    }
    #expect(table.find(group: 99, item: 0, a: 0, b: 0) == nil)
    var all: [Key: Aggregate] = [:]
    table.forEachLeaf { all[Key(group: $0.group, item: $0.item, a: $0.a, b: $0.b)] = $0.aggregate }
    #expect(all == naive)
    for group in 0..<UInt32(41) {
      var found: [Key: Aggregate] = [:]
      table.forEach(group: group) { found[Key(group: $0.group, item: $0.item, a: $0.a, b: $0.b)] = $0.aggregate }
      #expect(found == naive.filter { $0.key.group == group })
      for item in 0..<UInt32(31) {
        var leaves: [Key: Aggregate] = [:]
        table.forEach(group: group, item: item) {
          leaves[Key(group: $0.group, item: $0.item, a: $0.a, b: $0.b)] = $0.aggregate
        }
        #expect(leaves == naive.filter { $0.key.group == group && $0.key.item == item })
      }
    }
  }

  @Test func snapshotStaysAsItWas() {
    var table = RollupTable(.userGrowth)
    table.add(group: 0, item: 0, a: 0, b: 0, delta: 5, createdAt: 1)
    let snapshot = table
    table.add(group: 0, item: 0, a: 0, b: 0, delta: 5, createdAt: 2)
    table.add(group: 3, item: 0, a: 0, b: 0, delta: 5, createdAt: 2)
    #expect(snapshot.count == 1)
    #expect(snapshot.find(group: 0, item: 0, a: 0, b: 0)?.score == 5)
    #expect(table.find(group: 0, item: 0, a: 0, b: 0)?.score == 10)
    #expect(table.memory > 0)
  }

  @Test func scopesCountForAllAncestors() {
    #expect(RollupTables.ancestorLengths(of: []) == [])
    #expect(RollupTables.ancestorLengths(of: Array("org".utf8)) == [3])
    #expect(RollupTables.ancestorLengths(of: Array("a/bc/d".utf8)) == [6, 4, 1])
    #expect(RollupTables.ancestorLengths(of: Array("/a".utf8)) == [2])
  }

  @Test func daysBeginAtMidnightAlsoBefore1970() {
    #expect(Rollup.code(ofDay: 0) == 1 << 31)
    #expect(Rollup.code(ofDay: -1) < Rollup.code(ofDay: 0))
    #expect(Rollup.day(ofCode: Rollup.code(ofDay: -719_162)) == -719_162)
    let (user, dimension): (UInt32, UInt32) = (0, 0)
    var tables = RollupTables()
    for createdAt: Int64 in [-1, 0, -Timestamp.microsecondsPerDay] {
      tables.addToUser(user, dimension: dimension, delta: 1, createdAt: createdAt)
    }
    #expect(
      tables.dailyGrowth.find(group: user, item: 0, a: dimension, b: Rollup.code(ofDay: -1))?.count == 2)
    #expect(tables.dailyGrowth.find(group: user, item: 0, a: dimension, b: Rollup.code(ofDay: 0))?.count == 1)
    #expect(tables.scopeGrowth.isEmpty)
    #expect(tables.userGrowth.count == 1)
  }
}
