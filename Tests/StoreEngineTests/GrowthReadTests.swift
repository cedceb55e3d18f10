import Columnar
import StoreEngine
import Testing

/// Reads of one entity and of all of a user against sums made by hand.
@Suite struct GrowthReadTests {
  private static let types = ["habit", "skill", "skill-tree"]
  private static let dimensions = ["a", "b", "practice", "practice-long-name"]

  /// Ids of every shape, many of which agree in their first eight bytes.
  private static func id(_ kind: String, _ number: Int) -> String {
    switch number % 4 {
    case 0: "\(kind)-with-a-long-beginning-\(number)"
    case 1: UUIDText.format(high: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, low: UInt64(number), uppercase: false)
    case 2: UUIDText.format(high: 0x0190_0000_0000_7000, low: UInt64(number), uppercase: number % 8 == 2)
    default: "\(kind)\(number)"
    }
  }

  /// What sources say, the oldest first, and what they say together.
  private struct Store {
    var runs: [Run] = []
    var memtables: [RollupSnapshot] = []
    var facts: RollupFacts = [:]
    /// The keys of `facts` of a user, and of a user and an entity, in order.
    var keys: [[[UInt8]]: [RollupKey]] = [:]

    /// The same runs as version 1 had them.
    func runsWithoutTables() throws -> [Run] {
      try runs.map { try RollupFixtures.open(try RollupFixtures.withoutTables($0.bytes.array)) }
    }

    mutating func sortKeys() {
      for key in facts.keys.sorted(by: { $0 < $1 }) {
        keys[[key.group], default: []].append(key)
        keys[[key.group, key.item], default: []].append(key)
      }
    }
  }

  private func key(_ user: String, _ entity: String, _ type: String, _ dimension: String) -> RollupKey {
    RollupKey(
      rollup: .entityGrowth, group: Identifier.encode(user), item: Identifier.encode(entity), a: type, b: dimension)
  }

  private func store(_ seed: UInt64, users: Int, entities: Int, keys: Int, runs: Int, memtables: Int) throws -> Store {
    var random = TestGenerator(state: seed)
    func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
    var store = Store()
    for source in 0..<runs + memtables {
      var facts: RollupFacts = [:]
      var batch = EventBatch()
      for _ in 0..<keys {
        // The first users have most of the entities.
        let user = Self.id("user", number(number(users) + 1))
        let entity = Self.id("entity", number(entities))
        let (type, dimension) = (Self.types[number(3)], Self.dimensions[number(4)])
        let (delta, time) = (Int64(number(2_001) - 1_000), Int64(number(1_000_000)))
        let key = key(user, entity, type, dimension)
        if source >= runs {
          batch.appendRow(
            idHigh: 0, idLow: 0, user: batch.users.intern(key.group), entity: batch.entities.intern(key.item),
            entityType: batch.entityTypes.intern(type), dimension: batch.dimensions.intern(dimension), delta: delta,
            source: 0, scope: batch.scopes.intern(""), createdAt: time, metadata: 0)
        }
        let one = Aggregate(score: Int128(delta) << (number(50) == 0 ? 70 : 0), count: 1, first: time, last: time)
        guard source < runs else {
          Self.add(Aggregate(score: Int128(delta), count: 1, first: time, last: time), key, to: &store.facts)
          continue
        }
        guard facts[key] == nil else { continue }
        // A full value now and then, and one that says that nothing is left.
        let kind = number(12)
        let fact = RollupFact(
          measures: kind == 0 ? Aggregate(score: 0, count: 0, first: .max, last: .min) : one, isReset: kind < 2)
        facts[key] = fact
        if fact.isReset { store.facts[key] = nil }
        if kind > 0 { Self.add(one, key, to: &store.facts) }
      }
      if source < runs {
        store.runs.append(
          try RollupFixtures.open(try RollupFixtures.run(facts, fileID: UInt64(source), pairsOfTable: 1 + 97 * source)))
      } else {
        var rollups = MemtableRollups()
        rollups.apply(batch, rows: 0..<batch.count)
        store.memtables.append(RollupSnapshot(rollups, batch: batch))
      }
    }
    store.sortKeys()
    return store
  }

  private static func add(_ one: Aggregate, _ key: RollupKey, to facts: inout RollupFacts) {
    guard let old = facts[key]?.measures else {
      facts[key] = RollupFact(measures: one)
      return
    }
    facts[key] = RollupFact(
      measures: Aggregate(
        score: old.score + one.score, count: old.count + one.count, first: min(old.first, one.first),
        last: max(old.last, one.last)))
  }

  private func expected(_ store: Store, user: String, entity: String? = nil) -> [RollupKey] {
    store.keys[[Identifier.encode(user)] + (entity.map { [Identifier.encode($0)] } ?? [])] ?? []
  }

  private func check(_ rows: GrowthRows, _ keys: [RollupKey], _ store: Store, _ place: String) {
    #expect(rows.count == keys.count, "\(place)")
    guard rows.count == keys.count else { return }
    for (row, key) in keys.enumerated() {
      #expect(Identifier.encode(rows.entity(at: row)) == key.item, "\(place)")
      #expect(rows.entityType(at: row) == key.a && rows.dimension(at: row) == key.b, "\(place)")
      #expect(rows.measures(at: row) == store.facts[key]?.measures, "\(place)")
    }
  }

  @Test(arguments: [(1, 0), (0, 1), (0, 2), (3, 0), (4, 2), (9, 1)])
  func equalsSumsByHand(runs: Int, memtables: Int) throws {
    let store = try store(11, users: 12, entities: 150, keys: 1_500, runs: runs, memtables: memtables)
    let fresh = try GrowthSources(runs: store.runs, memtables: store.memtables.map(\.texts))
    let again = try GrowthSources(runs: store.runs, memtables: store.memtables.map(\.texts), previous: fresh)
    let without = try GrowthSources(runs: try store.runsWithoutTables(), memtables: store.memtables.map(\.texts))
    var rows = GrowthRows()
    for (name, sources) in [("fresh", fresh), ("again", again), ("without tables", without)] {
      for userNumber in 0..<13 {
        let user = Self.id("user", userNumber)
        let group = KeySpan(Identifier.encode(user))
        for entityNumber in 0..<152 {
          let entity = Self.id("entity", entityNumber)
          let item = KeySpan(Identifier.encode(entity))
          sources.begin(&rows, user: group, entity: item)
          for (place, memtable) in store.memtables.enumerated() {
            memtable.addGrowth(user: group, entity: item, sources.memtables[place], to: &rows)
          }
          try sources.finish(&rows, user: group, entity: item)
          check(rows, expected(store, user: user, entity: entity), store, "\(name) \(user) \(entity)")
        }
        try read(&rows, sources, store, group)
        check(rows, expected(store, user: user), store, "\(name) \(user)")
      }
    }
  }

  private func read(
    _ rows: inout GrowthRows, _ sources: GrowthSources, _ store: Store, _ user: KeySpan
  ) throws {
    sources.begin(&rows)
    for (place, memtable) in store.memtables.enumerated() {
      memtable.addGrowth(user: user, sources.memtables[place], to: &rows)
    }
    try sources.finish(&rows, user: user)
  }

  /// A user over several blocks, and an entity of more entries than one block holds.
  @Test func largeUsersAndEntities() throws {
    var store = Store()
    var alone: [Store] = []
    for source in 0..<2 {
      var facts: RollupFacts = [:]
      for number in 0..<3_000 {
        let key = key("big", Self.id("e", number / 2), "skill", "\(number % 2)")
        facts[key] = RollupFact(measures: Aggregate(score: Int128(number), count: 2, first: Int64(source), last: 9))
      }
      for number in 0..<2_600 {
        let key = key("wide", "one", "type\(number % 3)", "dimension\(number)")
        facts[key] = RollupFact(measures: Aggregate(score: Int128(-number), count: 1, first: Int64(source), last: 7))
      }
      for (key, fact) in facts { Self.add(fact.measures, key, to: &store.facts) }
      // In the first run tables are cut wherever they can be.
      let pairs = source == 0 ? 1 : 700
      store.runs.append(
        try RollupFixtures.open(try RollupFixtures.run(facts, fileID: UInt64(source), pairsOfTable: pairs)))
      var own = Store()
      own.runs = [store.runs[source]]
      own.facts = facts
      own.sortKeys()
      alone.append(own)
    }
    #expect(try store.runs.map { try #require($0.section(.entityGrowth)).tables.count } == [3, 2])
    store.sortKeys()
    var rows = GrowthRows()
    for runs in [store.runs, try store.runsWithoutTables()] {
      let sources = try GrowthSources(runs: runs, memtables: [])
      for (user, entity) in [("wide", "one"), ("big", Self.id("e", 0)), ("big", Self.id("e", 700)), ("big", "none")] {
        let (group, item) = (KeySpan(Identifier.encode(user)), KeySpan(Identifier.encode(entity)))
        sources.begin(&rows, user: group, entity: item)
        try sources.finish(&rows, user: group, entity: item)
        check(rows, expected(store, user: user, entity: entity), store, "\(user) \(entity)")
      }
      for user in ["big", "wide", "nobody"] {
        try read(&rows, sources, store, KeySpan(Identifier.encode(user)))
        check(rows, expected(store, user: user), store, user)
      }
    }
    // One run alone is read without being merged.
    for store in alone {
      let sources = try GrowthSources(runs: store.runs, memtables: [])
      for user in ["big", "wide", "nobody"] {
        try read(&rows, sources, store, KeySpan(Identifier.encode(user)))
        check(rows, expected(store, user: user), store, "\(user) alone")
      }
    }
  }

  @Test func ordersAndPages() throws {
    let store = try store(5, users: 1, entities: 60, keys: 300, runs: 2, memtables: 1)
    let user = Self.id("user", 0)
    let sources = try GrowthSources(runs: store.runs, memtables: store.memtables.map(\.texts))
    var rows = GrowthRows()
    try read(&rows, sources, store, KeySpan(Identifier.encode(user)))
    let all = try rows.growth(user: user)
    #expect(all.count > 100)
    for order in GrowthOrder.allCases {
      // Sorted by hand; the order of keys breaks ties, and sorting is stable.
      let sorted = all.enumerated().sorted { x, y in
        let (a, b) = (x.element, y.element)
        switch order {
        case .key: break
        case .score: if a.score != b.score { return a.score > b.score }
        case .count: if a.eventCount != b.eventCount { return a.eventCount > b.eventCount }
        case .recency: if a.lastEventAt != b.lastEventAt { return a.lastEventAt > b.lastEventAt }
        }
        return x.offset < y.offset
      }.map(\.element)
      for limit in [1, 7, 64, 1_000] {
        var pages: [Growth] = []
        while let page = Optional(try rows.growth(user: user, order: order, limit: limit, after: pages.last)),
          !page.isEmpty
        {
          #expect(page.count <= limit)
          pages += page
        }
        #expect(pages == sorted, "\(order) by \(limit)")
      }
      #expect(try rows.growth(user: user, order: order, limit: nil, after: nil) == sorted)
      #expect(try rows.growth(user: user, order: order, limit: 0, after: nil).isEmpty)
    }
  }
}
