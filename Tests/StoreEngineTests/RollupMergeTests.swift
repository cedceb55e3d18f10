import Columnar
import StoreEngine
import Testing

@Suite struct RollupMergeTests {
  private func merge(_ runs: [Run], includesOldest: Bool) throws -> Run {
    let sink = RollupFixtures.Sink()
    let summary = try RunMerge.merge(runs, includesOldest: includesOldest, fileID: 9) {
      (bytes: [UInt8]) throws(StoreError) in sink.bytes += bytes
    }
    #expect(summary?.length == sink.bytes.count)
    return try RollupFixtures.open(sink.bytes)
  }

  @Test(arguments: 0..<16) func equalsNaive(seed: Int) throws {
    var generator = TestGenerator(state: UInt64(seed))
    let sources = (0..<(seed % 6)).map { _ in
      RollupFixtures.randomFacts(&generator, keys: seed * 150, resets: seed % 3 != 0)
    }
    let runs = try sources.map { try RollupFixtures.open(try RollupFixtures.run($0)) }
    for includesOldest in [true, false] {
      let merged = try merge(runs, includesOldest: includesOldest)
      let expected = RollupFixtures.combined(sources, includesOldest: includesOldest)
      #expect(try RollupFixtures.facts(merged) == Self.marking(expected, sources, !includesOldest))
    }
    for rollup in Rollup.allCases {
      let found = try RollupFixtures.facts(try MergedRollup(rollup, runs: runs, memtables: []))
      let expected = RollupFixtures.combined(sources, includesOldest: true).filter { $0.key.rollup == rollup }
      #expect(found.mapValues(\.measures) == expected.mapValues(\.measures))
    }
  }

  /// A merge in two steps says the same as one in one.
  @Test func mergingInStepsChangesNothing() throws {
    var generator = TestGenerator(state: 77)
    let sources = (0..<5).map { _ in RollupFixtures.randomFacts(&generator, keys: 800, resets: true) }
    let runs = try sources.map { try RollupFixtures.open(try RollupFixtures.run($0)) }
    let newer = try merge(Array(runs[2...]), includesOldest: false)
    let older = try merge(Array(runs[..<2]), includesOldest: true)
    let steps = try merge([older, newer], includesOldest: true)
    let atOnce = try merge(runs, includesOldest: true)
    #expect(try RollupFixtures.facts(steps) == RollupFixtures.facts(atOnce))
  }

  @Test func fullValueHidesOlderRunsOnly() throws {
    let key = RollupKey(rollup: .userGrowth, group: [0, 1], a: "d")
    func fact(_ score: Int128, _ reset: Bool = false) -> RollupFacts {
      [key: RollupFact(measures: Aggregate(score: score, count: 1, first: 5, last: 5), isReset: reset)]
    }
    let sources = [fact(100), fact(7, true), fact(1)]
    let runs = try sources.map { try RollupFixtures.open(try RollupFixtures.run($0)) }
    let all = try RollupFixtures.facts(try merge(runs, includesOldest: true))
    #expect(all[key] == RollupFact(measures: Aggregate(score: 8, count: 2, first: 5, last: 5)))
    let newest = try merge(Array(runs[1...]), includesOldest: false)
    #expect(try RollupFixtures.facts(newest)[key]?.isReset == true)
    #expect(try RollupFixtures.facts(try merge([runs[0], newest], includesOldest: true)) == all)
  }

  @Test func goneKeysLeaveNoTraceInTheEnd() throws {
    let key = RollupKey(rollup: .userGrowth, group: [0, 1], a: "d")
    let old: RollupFacts = [key: RollupFact(measures: Aggregate(score: 1, count: 1, first: 5, last: 5))]
    let gone: RollupFacts = [key: RollupFact(measures: .empty, isReset: true)]
    let again: RollupFacts = [key: RollupFact(measures: Aggregate(score: 3, count: 1, first: 9, last: 9))]
    let runs = try [old, gone, again].map { try RollupFixtures.open(try RollupFixtures.run($0)) }
    #expect(try merge(Array(runs[..<2]), includesOldest: true).count == 0)
    #expect(try merge([runs[1]], includesOldest: false).count == 1)
    #expect(try RollupFixtures.facts(try merge(runs, includesOldest: true)) == again)
    let query = RollupQuery(runs: Array(runs[..<2]), memtables: [])
    #expect(try query.entries(.userGrowth, group: [0, 1]).isEmpty)
    let later = RollupQuery(runs: runs, memtables: [])
    #expect(try later.entries(.userGrowth, group: [0, 1]).map(\.measures) == again.values.map(\.measures))
  }

  /// Keeps the reset flag where any source had it.
  private static func marking(_ facts: RollupFacts, _ sources: [RollupFacts], _ keeps: Bool) -> RollupFacts {
    guard keeps else { return facts }
    var marked = facts
    for (key, fact) in facts {
      marked[key] = RollupFact(
        measures: fact.measures, isReset: sources.contains { $0[key]?.isReset == true })
    }
    return marked
  }
}
