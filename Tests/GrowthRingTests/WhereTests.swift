import StorageIO
import StoreEngine
import TestSupport
import Testing

@testable import GrowthRing

/// Conditions on metadata at every stage of a store: in memory, hot, merged, warm, archived, and opened again.
@Suite struct WhereTests {
  private static let (day, now) = (AgedStore.day, AgedStore.now)

  private let aged = AgedStore()

  /// Events of all ages, and what their metadata are as trees.
  private static func events(_ range: Range<Int>, _ maker: inout ConditionMaker) -> [(GrowthEvent, MetadataTree)] {
    range.map { number in
      let time = Timestamp(microseconds: now - Int64(number % 900) * day - Int64(number))
      let tree = number % 6 == 0 ? MetadataTree.object([:]) : maker.metadata()
      let event = GrowthEvent(
        eventID: EventID(version7At: time, random: UInt64(number) &* 77, UInt64(number)), user: "u\(number % 7)",
        entity: "e\(number % 5)", entityType: "skill", dimension: ["self_know", "self_act"][number % 2],
        delta: Delta(millionths: Int64(number)), source: number % 3 == 0 ? "" : "app", createdAt: time,
        metadata: number % 6 == 0 ? "" : tree.text)
      return (event, tree)
    }
  }

  private func ids(_ events: [GrowthEvent]) -> Set<EventID> { Set(events.compactMap(\.eventID)) }

  private func found(_ store: GrowthStore, _ filter: EventFilter) async throws -> [GrowthEvent] {
    var found: [GrowthEvent] = []
    for try await batch in try await store.events(matching: filter) {
      found += (0..<batch.count).map { batch.event(at: $0) }
    }
    return found
  }

  private func compare(
    _ store: GrowthStore, _ known: [(GrowthEvent, MetadataTree)], _ maker: inout ConditionMaker, _ stage: String
  ) async throws {
    for number in 0..<40 {
      let condition = maker.condition()
      let predicate = try MetadataPredicate(condition.text)
      let wanted = known.filter { condition.holds($0.1) }.map(\.0)
      let all = try await found(store, EventFilter(where: predicate))
      #expect(all.count == wanted.count && ids(all) == ids(wanted), "\(stage): \(condition.text)")
      let user = "u\(number % 7)"
      let ofUser = wanted.filter { $0.user == user }.sorted { $0.createdAt > $1.createdAt }
      let history = try await store.history(user: user, where: predicate, limit: 9)
      #expect(history.events == Array(ofUser.prefix(9)), "\(stage): \(condition.text)")
      let snapshot = try await store.snapshot()
      #expect(try snapshot.history(user: user, where: predicate, limit: 9).events == history.events)
      let ofEntity = try await store.history(user: user, entity: "e1", where: predicate, limit: 1_000)
      #expect(ofEntity.events == ofUser.filter { $0.entity == "e1" }, "\(stage): \(condition.text)")
      let summary = try await store.summary(by: [.dimension], matching: EventFilter(user: user, where: predicate))
      #expect(try summary.rows().reduce(0) { $0 + Int($1.eventCount) } == ofUser.count, "\(stage): \(condition.text)")
      let keys = try await store.summary(by: [.user, .entity], matching: EventFilter(user: user, where: predicate))
      #expect(try keys.rows().reduce(0) { $0 + Int($1.eventCount) } == ofUser.count, "\(stage): \(condition.text)")
    }
  }

  @Test func equalsTheModelAtEveryStage() async throws {
    var maker = ConditionMaker(seed: 21)
    var store = try aged.open()
    var known: [(GrowthEvent, MetadataTree)] = []
    func append(_ count: Int) async throws {
      let fresh = Self.events(known.count..<known.count + count, &maker)
      _ = try await store.append(fresh.map(\.0))
      known += fresh
    }
    try await append(400)
    try await compare(store, known, &maker, "in memory")
    try await store.flush()
    try await compare(store, known, &maker, "hot")
    try await append(300)
    try await store.flush()
    try await append(200)
    try await compare(store, known, &maker, "hot and in memory")
    try await store.flush()
    try await store.compact(everything: true)
    try await compare(store, known, &maker, "merged")
    #expect(try await store.maintain([.warm])?.error == nil)
    try await compare(store, known, &maker, "warm")
    let job = try #require(try await store.maintain([.archive]))
    #expect(job.error == nil && job.moved > 300)
    try await append(60)
    try await compare(store, known, &maker, "archived")
    #expect(try await store.verify().isSound)
    try await store.close()
    store = try aged.open()
    try await compare(store, known, &maker, "opened again")
    let reader = try aged.open(.readOnly)
    try await compare(reader, known, &maker, "beside a writer")
    try await reader.close()
    try await store.close()
  }

  @Test func summariesByMetadata() async throws {
    let store = try aged.open()
    var expected: [String: (score: Int64, count: UInt64)] = [:]
    var events: [GrowthEvent] = []
    let values = [#""a""#, #""q\"\n""#, "1", "1.0", "true", "null", "[1]", #"{"x":"y"}"#]
    for number in 0..<700 {
      let value = values[number % values.count]
      let isNested = number % 3 == 0
      let metadata = number % 11 == 0 ? "" : isNested ? #"{"a":{"b":\#(value)},"n":\#(number)}"# : #"{"n":\#(number)}"#
      events.append(
        GrowthEvent(
          user: "u\(number % 3)", entity: "e", entityType: "skill", dimension: "d\(number % 2)",
          delta: Delta(millionths: Int64(number)),
          createdAt: Timestamp(microseconds: Self.now - Int64(number) * Self.day), metadata: metadata))
      let text = value == "null" ? "" : value == values[0] ? "a" : value == values[1] ? "q\"\n" : value
      let group = metadata.isEmpty || !isNested ? "" : text
      let known = expected[group + "/d\(number % 2)"] ?? (0, 0)
      expected[group + "/d\(number % 2)"] = (known.score + Int64(number), known.count + 1)
    }
    _ = try await store.append(events)
    let parts: [SummaryPart] = [.metadata(MetadataPath("a", "b")), .dimension]
    #expect(SummaryPart(rawValue: "metadata.a.b") == parts[0] && SummaryPart(rawValue: "metadata") == nil)
    for stage in ["in memory", "hot", "archived"] {
      let rows = try await store.summary(by: parts).rows()
      #expect(rows.count == expected.count, "\(stage)")
      for row in rows {
        let wanted = expected[row.values.joined(separator: "/")]
        #expect(row.eventCount == wanted?.count, "\(stage): \(row)")
        #expect(row.score == Score(millionths: Int128(wanted?.score ?? -1)), "\(stage): \(row)")
      }
      if stage == "in memory" { try await store.flush() }
      if stage == "hot" { #expect(try await store.maintain([.archive])?.error == nil) }
    }
    try await store.close()
  }

  @Test func eventsOfUnitsAndUnitsOfEntities() async throws {
    let store = try aged.open()
    var events: [GrowthEvent] = []
    for number in 0..<300 {
      var event = GrowthEvent(
        user: "u\(number % 3)", entity: "e\(number % 4)", entityType: "skill", dimension: "self_act",
        delta: Delta(millionths: 1), createdAt: Timestamp(microseconds: Self.now - Int64(number) * Self.day * 2),
        metadata: #"{"n":\#(number)}"#)
      if number % 2 == 0 { try event.setSourceMUID("unit \(number % 20)") }
      events.append(event)
    }
    _ = try await store.append(events)
    for stage in ["in memory", "hot", "archived"] {
      var ofUnit: [GrowthEvent] = []
      for try await batch in try await store.events(ofUnit: "unit 4") {
        ofUnit += (0..<batch.count).map { batch.event(at: $0) }
      }
      #expect(
        Set(ofUnit.map(\.metadata)) == Set(events.filter { $0.sourceMUID == "unit 4" }.map(\.metadata)), "\(stage)")
      #expect(ofUnit.count == 15, "\(stage)")
      var ofUser = 0
      for try await batch in try await store.events(ofUnit: "unit 4", user: "u1") { ofUser += batch.count }
      #expect(ofUser == 5, "\(stage)")
      let units = try await store.sourceUnits(ofEntity: "e2")
      #expect(units == Set(events.filter { $0.entity == "e2" }.compactMap(\.sourceMUID)).sorted(), "\(stage)")
      #expect(try await store.sourceUnits(ofEntity: "e1").isEmpty)
      let ofOne = try await store.sourceUnits(ofEntity: "e2", user: "u0")
      let expected = Set(events.filter { $0.entity == "e2" && $0.user == "u0" }.compactMap(\.sourceMUID)).sorted()
      #expect(ofOne == expected, "\(stage)")
      if stage == "in memory" { try await store.flush() }
      if stage == "hot" { #expect(try await store.maintain([.archive])?.error == nil) }
    }
    try await store.close()
  }
}
