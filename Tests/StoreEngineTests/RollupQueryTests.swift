import Columnar
import Testing

@testable import StoreEngine

@Suite struct RollupQueryTests {
  /// Events spread over runs and memtables, and what they say together.
  private struct Store {
    var query: RollupQuery
    var facts: RollupFacts
    /// All events, sorted as scans give them.
    var events: [Event]
  }

  private struct Event {
    var user: String
    var entity: String
    var type: String
    var dimension: String
    var scope: String
    var delta: Int64
    var createdAt: Int64
  }

  private func randomEvent(_ generator: inout TestGenerator) -> Event {
    func pick(_ name: String, _ count: Int) -> String { "\(name)\(Int.random(in: 0..<count, using: &generator))" }
    let scopes = ["", "org", "org/a", "org/a/x", "org/ab", "other"]
    return Event(
      user: Bool.random(using: &generator)
        ? pick("user", 6) : "0190a5f3-0000-7000-8000-00000000000\(Int.random(in: 0..<9, using: &generator))",
      entity: pick("entity", 12), type: pick("type", 2), dimension: pick("dim", 4),
      scope: scopes.randomElement(using: &generator) ?? "",
      delta: .random(in: -1_000...1_000, using: &generator),
      createdAt: .random(in: -3...10, using: &generator) * Timestamp.microsecondsPerDay
        + .random(in: 0..<1_000, using: &generator))
  }

  private func aggregate(_ record: some GrowthMeasures) -> Aggregate {
    Aggregate(
      score: record.score.millionths, count: record.eventCount, first: record.firstEventAt.microseconds,
      last: record.lastEventAt.microseconds)
  }

  private func batch(_ events: [Event]) -> EventBatch {
    var batch = EventBatch()
    for event in events {
      batch.appendRow(
        idHigh: 0, idLow: 0, user: batch.users.intern(Identifier.encode(event.user)),
        entity: batch.entities.intern(Identifier.encode(event.entity)),
        entityType: batch.entityTypes.intern(event.type), dimension: batch.dimensions.intern(event.dimension),
        delta: event.delta, source: 0, scope: batch.scopes.intern(event.scope), createdAt: event.createdAt,
        metadata: 0)
    }
    return batch
  }

  private func add(_ event: Event, to facts: inout RollupFacts) {
    let one = Aggregate(score: Int128(event.delta), count: 1, first: event.createdAt, last: event.createdAt)
    let day = Rollup.code(ofDay: Timestamp(microseconds: event.createdAt).day)
    let user = Identifier.encode(event.user)
    var keys = [
      RollupKey(
        rollup: .entityGrowth, group: user, item: Identifier.encode(event.entity), a: event.type, b: event.dimension),
      RollupKey(rollup: .userGrowth, group: user, a: event.dimension),
      RollupKey(rollup: .dailyGrowth, group: user, a: event.dimension, number: day),
    ]
    let parts = event.scope.split(separator: "/")
    for count in 0..<parts.count {
      let path = parts[...count].joined(separator: "/")
      keys.append(RollupKey(rollup: .scopeGrowth, group: Array(path.utf8), a: event.dimension, number: day))
    }
    for key in keys { facts[key, default: RollupFact(measures: .empty)].measures.merge(one) }
  }

  private func store(_ seed: UInt64, events count: Int, runs: Int, memtables: Int) throws -> Store {
    var generator = TestGenerator(state: seed)
    var all: [Event] = []
    var facts: RollupFacts = [:]
    var opened: [Run] = []
    var snapshots: [RollupSnapshot] = []
    for source in 0..<(runs + memtables) {
      let events = (0..<count).map { _ in randomEvent(&generator) }
      for event in events { add(event, to: &facts) }
      all += events
      let batch = batch(events)
      var rollups = MemtableRollups()
      rollups.apply(batch, rows: 0..<(count / 2))
      rollups.apply(batch, rows: (count / 2)..<count)
      let snapshot = RollupSnapshot(rollups, batch: batch)
      if source < runs {
        let sink = RollupFixtures.Sink()
        let summary = try RunWriter.write(
          snapshot, events: batch, order: batch.sortedOrder(), fileID: UInt64(source)
        ) { (bytes: [UInt8]) throws(StoreError) in sink.bytes += bytes }
        var distinct: RollupFacts = [:]
        for event in events { add(event, to: &distinct) }
        #expect(summary.entries == distinct.count)
        opened.append(try RollupFixtures.open(sink.bytes))
      } else {
        snapshots.append(snapshot)
      }
    }
    all.sort {
      (Identifier.encode($0.user), Identifier.encode($0.entity), $0.type, $0.dimension)
        < (Identifier.encode($1.user), Identifier.encode($1.entity), $1.type, $1.dimension)
    }
    return Store(query: RollupQuery(runs: opened, memtables: snapshots), facts: facts, events: all)
  }

  @Test(arguments: [(0, 0), (1, 0), (0, 1), (3, 1), (2, 2)])
  func equalsNaive(runs: Int, memtables: Int) throws {
    let store = try store(42, events: 600, runs: runs, memtables: memtables)
    for rollup in Rollup.allCases {
      let found = try RollupFixtures.facts(try store.query.cursor(rollup))
      #expect(found == store.facts.filter { $0.key.rollup == rollup })
    }
    var byItem: [RollupKey: [RollupKey]] = [:]
    for key in store.facts.keys {
      byItem[RollupKey(rollup: key.rollup, group: key.group, item: key.item, a: ""), default: []].append(key)
    }
    for (place, keys) in byItem {
      let entries = try store.query.entries(place.rollup, group: place.group, item: place.item)
      let sorted = keys.sorted { $0 < $1 }
      #expect(entries.map(\.textOfA) == sorted.map(\.a))
      #expect(entries.map(\.textOfB) == sorted.map(\.b))
      #expect(entries.map(\.number) == sorted.map(\.number))
      #expect(entries.map(\.measures) == sorted.map { store.facts[$0]?.measures })
    }
    #expect(try store.query.growth(user: "nobody").isEmpty)
    #expect(try store.query.growth(user: "nobody", entity: "entity1").isEmpty)
  }

  @Test func results() throws {
    let store = try store(7, events: 900, runs: 2, memtables: 1)
    let query = store.query
    for user in Set(store.events.map(\.user)) {
      let stored = Identifier.encode(user)
      let ofUser = store.facts.filter { $0.key.group == stored }
      let growth = try query.growth(user: user)
      #expect(growth.count == ofUser.keys.filter { $0.rollup == .entityGrowth }.count)
      for result in growth {
        let key = RollupKey(
          rollup: .entityGrowth, group: stored, item: Identifier.encode(result.entity), a: result.entityType,
          b: result.dimension)
        #expect(aggregate(result) == ofUser[key]?.measures)
        let exact = try query.growth(
          user: user, entity: result.entity, entityType: result.entityType, dimension: result.dimension)
        #expect(exact == result)
        #expect(try query.growth(user: user, entity: result.entity).contains(result))
      }
      #expect(try query.userGrowth(user: user).count == ofUser.keys.filter { $0.rollup == .userGrowth }.count)
      let days = try query.dailyGrowth(user: user, days: -1...4, dimension: "dim2")
      let expected = ofUser.filter {
        $0.key.rollup == .dailyGrowth && $0.key.a == "dim2" && (-1...4).contains(Rollup.day(ofCode: $0.key.number))
      }
      #expect(days.count == expected.count)
      let allDays = try query.dailyGrowth(user: user, days: 0...2)
      #expect(
        allDays.count
          == ofUser.keys.filter {
            $0.rollup == .dailyGrowth && (0...2).contains(Rollup.day(ofCode: $0.number))
          }.count)
    }
  }

  @Test func scopes() throws {
    let store = try store(8, events: 900, runs: 2, memtables: 1)
    for scope in ["org", "org/a", "org/a/x", "other", "nothing", "or"] {
      let found = try store.query.scopeGrowth(scope: scope)
      let expected = store.facts.filter { $0.key.rollup == .scopeGrowth && $0.key.group == Array(scope.utf8) }
      #expect(found.count == expected.count)
      for result in found {
        let key = RollupKey(
          rollup: .scopeGrowth, group: Array(scope.utf8), a: result.dimension, number: Rollup.code(ofDay: result.day))
        #expect(aggregate(result) == expected[key]?.measures)
      }
    }
    #expect(Set(try store.query.scopeGrowth(under: "org/a").map(\.scope)) == ["org/a", "org/a/x"])
    #expect(
      Set(try store.query.scopeGrowth(under: "").map(\.scope)) == ["org", "org/a", "org/a/x", "org/ab", "other"])
  }

  /// Audits every rollup of a query against events that come in batches.
  private func audits(_ query: RollupQuery, _ batches: [EventBatch], limit: Int = 1_000) throws -> [RollupAudit] {
    var audits: [RollupAudit] = []
    for rollup in Rollup.allCases {
      var expected = try EventSummarizer.summary(
        segments: [], batches: batches, by: RollupSummary.parts(rollup), filter: EventFilter(), countsUsers: false)
      if rollup == .scopeGrowth { expected = RollupSummary.withAncestors(expected) }
      var audit = RollupAudit(rollup, limit: limit)
      try audit.compare(try query.cursor(rollup), with: expected)
      audits.append(audit)
    }
    return audits
  }

  @Test(arguments: [1, 7, 100, 10_000]) func auditAgrees(chunk: Int) throws {
    let store = try store(9, events: 700, runs: 2, memtables: 1)
    let batches = stride(from: 0, to: store.events.count, by: chunk).map { start in
      batch(Array(store.events[start..<min(start + chunk, store.events.count)]))
    }
    let audits = try audits(store.query, batches)
    #expect(audits.flatMap(\.mismatches) == [])
    #expect(audits.allSatisfy { $0.mismatchCount == 0 })
    #expect(audits.reduce(0) { $0 + $1.keyCount } == store.facts.count)
  }

  @Test func auditFindsWhatIsWrong() throws {
    let store = try store(10, events: 300, runs: 1, memtables: 1)
    var events = store.events
    let removed = events.remove(at: events.count / 2)
    let found = try audits(store.query, [batch(events)])
    let depth = removed.scope.isEmpty ? 0 : removed.scope.split(separator: "/").count
    #expect(found.reduce(0) { $0 + $1.mismatchCount } == 3 + depth)
    let ofEntity = try #require(found.flatMap(\.mismatches).first { $0.rollup == .entityGrowth })
    #expect(ofEntity.key == [removed.user, removed.entity, removed.type, removed.dimension])
    #expect((ofEntity.found?.score ?? 0) - (ofEntity.expected?.score ?? 0) == Int128(removed.delta))
    #expect(!ofEntity.description.isEmpty)

    let without = try audits(store.query, [], limit: 5)
    #expect(without.reduce(0) { $0 + $1.mismatchCount } == store.facts.count)
    #expect(without.flatMap(\.mismatches).count == 20)

    let extra = try audits(RollupQuery(runs: [], memtables: []), [batch(store.events)])
    #expect(extra.reduce(0) { $0 + $1.mismatchCount } == store.facts.count)
  }
}

private func < (
  x: ([UInt8], [UInt8], String, String), y: ([UInt8], [UInt8], String, String)
) -> Bool {
  if x.0 != y.0 { return x.0.lexicographicallyPrecedes(y.0) }
  if x.1 != y.1 { return x.1.lexicographicallyPrecedes(y.1) }
  return (x.2, x.3) < (y.2, y.3)
}
