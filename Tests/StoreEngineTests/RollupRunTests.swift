import Columnar
import StoreEngine
import Testing

@Suite struct RollupRunTests {
  @Test func emptyRun() throws {
    let run = try RollupFixtures.open(try RollupFixtures.run([:]))
    #expect(run.count == 0)
    #expect(run.sections.count == 4)
    #expect(try RollupFixtures.facts(run) == [:])
    var calls = 0
    for rollup in Rollup.allCases {
      try run.forEach(rollup, group: Bytes([1]), item: Bytes([])) { _ in calls += 1 }
      try run.forEach(rollup, group: Bytes([1])) { _, _ in calls += 1 }
    }
    #expect(calls == 0)
  }

  @Test(arguments: 0..<12) func roundTrip(seed: Int) throws {
    var generator = TestGenerator(state: UInt64(seed))
    let facts = RollupFixtures.randomFacts(&generator, keys: seed * 400, resets: seed % 2 == 0)
    let run = try RollupFixtures.open(try RollupFixtures.run(facts))
    #expect(run.count == facts.count)
    #expect(try RollupFixtures.facts(run) == facts)
    try expectLookups(run, facts)
  }

  @Test func extremeMeasures() throws {
    var facts: RollupFacts = [:]
    let scores: [Int128] = [.min, .max, 0, -1, 1, Int128(Int64.max) * 3, Int128(Int64.min) * 5_000_000]
    for (index, score) in scores.enumerated() {
      for (offset, times) in [(0, (Int64.min, Int64.max)), (1, (-5, -5)), (2, (Int64.max, Int64.max))] {
        let key = RollupKey(rollup: .userGrowth, group: [0, 1], a: "d\(index)-\(offset)")
        facts[key] = RollupFact(
          measures: Aggregate(
            score: score, count: index == 0 ? UInt64.max : UInt64(index), first: times.0, last: times.1))
      }
    }
    // Every subset has other widths.
    for limit in 1...facts.count {
      let keys = facts.keys.sorted { $0 < $1 }.prefix(limit)
      let some = facts.filter { keys.contains($0.key) }
      let run = try RollupFixtures.open(try RollupFixtures.run(some))
      #expect(try RollupFixtures.facts(run) == some)
    }
  }

  @Test func keysOfAllLengths() throws {
    var facts: RollupFacts = [:]
    let measures = Aggregate(score: 1, count: 1, first: 2, last: 3)
    for length in [0, 1, 7, 8, 9, 16, 17, 254, 255, 256, 1_023] {
      for same in [length, 17] {
        let key = RollupKey(
          rollup: .entityGrowth, group: Array(repeating: UInt8(same & 0xFF), count: length),
          item: Array(repeating: 9, count: same), a: "t", b: "d")
        facts[key] = RollupFact(measures: measures)
      }
    }
    let run = try RollupFixtures.open(try RollupFixtures.run(facts))
    #expect(try RollupFixtures.facts(run) == facts)
    try expectLookups(run, facts)
    // One length in each block of its own: 254 can stand in the header, 255 and more cannot.
    for length in [17, 254, 255, 256] {
      let key = RollupKey(
        rollup: .entityGrowth, group: [1], item: Array(repeating: 9, count: length), a: "t", b: "d")
      let single = try RollupFixtures.open(try RollupFixtures.run([key: RollupFact(measures: measures)]))
      #expect(try RollupFixtures.facts(single) == [key: RollupFact(measures: measures)])
    }
  }

  @Test func groupAndItemGoOnOverBlocks() throws {
    var facts: RollupFacts = [:]
    for day in Int32(0)..<5_000 {
      for user: UInt8 in [1, 2, 3] where user == 2 || day < 3 {
        let key = RollupKey(rollup: .dailyGrowth, group: [0, user], a: "d", number: Rollup.code(ofDay: day))
        facts[key] = RollupFact(
          measures: Aggregate(score: Int128(day), count: 1, first: Int64(day), last: Int64(day)))
      }
    }
    for item in 0..<3_000 {
      let key = RollupKey(
        rollup: .entityGrowth, group: [0, 2], item: [0] + Array("entity \(item)".utf8), a: "t", b: "d")
      facts[key] = RollupFact(measures: Aggregate(score: Int128(item), count: 1, first: 0, last: 0))
    }
    let run = try RollupFixtures.open(try RollupFixtures.run(facts))
    #expect(try #require(run.section(.dailyGrowth)).blockCount > 4)
    #expect(try RollupFixtures.facts(run) == facts)
    try expectLookups(run, facts)
    var days: [UInt32] = []
    let from = UInt64(Rollup.code(ofDay: 1_000))
    try #require(run.section(.dailyGrowth)).forEach(
      group: Bytes([0, 2]), item: Bytes([]), from: from, through: from + 2_100
    ) { leaf in days.append(leaf.b) }
    #expect(days == (0...2_100).map { UInt32(from) + $0 })
  }

  @Test func cursorFromGroup() throws {
    var generator = TestGenerator(state: 5)
    var facts: RollupFacts = [:]
    for _ in 0..<4_000 {
      let key = RollupKey(
        rollup: .dailyGrowth, group: [0, .random(in: 10...50, using: &generator)], a: "d",
        number: .random(in: 0...500, using: &generator))
      facts[key] = RollupFact(measures: RollupFixtures.randomMeasures(&generator))
    }
    let run = try RollupFixtures.open(try RollupFixtures.run(facts))
    for from in UInt8(0)...60 {
      let cursor = try #require(try run.cursor(.dailyGrowth, fromGroup: Bytes([0, from])))
      var count = 0
      while !cursor.isAtEnd {
        #expect(cursor.group.array[1] >= from)
        count += 1
        try cursor.advance()
      }
      #expect(count == facts.keys.filter { $0.group[1] >= from }.count)
    }
  }

  @Test func writerRefusesDisorder() throws {
    var texts = ByteStringDictionary()
    _ = texts.intern("d")
    var writer = try RunWriter(fileID: 1) { (_: [UInt8]) throws(StoreError) in }
    try writer.beginSection(.userGrowth, texts: texts)
    try writer.beginItem(group: KeySpan([2]), item: KeySpan([]))
    let leaf = RunLeaf(a: 0, b: 0, measures: Aggregate(score: 1, count: 1, first: 0, last: 0), isReset: false)
    try writer.append(leaf)
    #expect(throws: StoreError.self) { try writer.append(leaf) }
    #expect(throws: StoreError.self) { try writer.beginItem(group: KeySpan([1]), item: KeySpan([])) }
  }

  @Test func describesItself() throws {
    var generator = TestGenerator(state: 3)
    let facts = RollupFixtures.randomFacts(&generator, keys: 50, resets: true)
    let lines = try RollupFixtures.open(try RollupFixtures.run(facts)).describe()
    #expect(lines.contains { $0.contains("block 0") })
    #expect(lines.contains { $0.contains("trailer") })
  }

  /// Every key is found by all ways of looking it up, and keys beside it are not.
  private func expectLookups(_ run: Run, _ facts: RollupFacts) throws {
    var byItem: [RollupKey: RollupFacts] = [:]
    var byGroup: [RollupKey: RollupFacts] = [:]
    for (key, fact) in facts {
      byItem[RollupKey(rollup: key.rollup, group: key.group, item: key.item, a: ""), default: [:]][key] = fact
      byGroup[RollupKey(rollup: key.rollup, group: key.group, a: ""), default: [:]][key] = fact
    }
    for (place, expected) in byItem {
      let section = try #require(run.section(place.rollup))
      var found: RollupFacts = [:]
      try run.forEach(place.rollup, group: Bytes(place.group), item: Bytes(place.item)) {
        (leaf: RunLeaf) throws(StoreError) in
        found[key(section, place.group, place.item, leaf)] = RollupFact(
          measures: leaf.measures, isReset: leaf.isReset)
      }
      #expect(found == expected)
      var beside = 0
      try run.forEach(place.rollup, group: Bytes(place.group + [0]), item: Bytes(place.item)) { _ in beside += 1 }
      try run.forEach(place.rollup, group: Bytes(place.group), item: Bytes(place.item + [0])) { _ in beside += 1 }
      #expect(beside == 0)
    }
    for (place, expected) in byGroup {
      let section = try #require(run.section(place.rollup))
      var found: RollupFacts = [:]
      try run.forEach(place.rollup, group: Bytes(place.group)) { (item: KeySpan, leaf: RunLeaf) throws(StoreError) in
        found[key(section, place.group, item.array, leaf)] = RollupFact(
          measures: leaf.measures, isReset: leaf.isReset)
      }
      #expect(found == expected)
    }
    for (key, fact) in facts.prefix(200) {
      let section = try #require(run.section(key.rollup))
      let a = try #require(section.code(of: Bytes(Array(key.a.utf8))))
      let b = key.rollup.hasTextB ? try #require(section.code(of: Bytes(Array(key.b.utf8)))) : key.number
      let leaf = try section.find(group: Bytes(key.group), item: Bytes(key.item), a: a, b: b)
      #expect(leaf?.measures == fact.measures)
    }
    #expect(try #require(run.section(.entityGrowth)).code(of: Bytes(Array("no such text".utf8))) == nil)
  }

  private func key(_ section: RunSection, _ group: [UInt8], _ item: [UInt8], _ leaf: RunLeaf) -> RollupKey {
    // A code without a text gives a key that nobody expects.
    (try? RollupFixtures.key(section, group: group, item: item, leaf))
      ?? RollupKey(rollup: section.rollup, group: [], a: "damaged")
  }
}
