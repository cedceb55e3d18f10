import GrowthRing
import StorageIO
import Testing

@testable import GrowthRing

/// Summaries from raw events, compared with sums that dictionaries of the standard library keep.
@Suite struct SummaryTests {
  private struct Sums: Equatable {
    var millionths: Int128 = 0
    var events: UInt64 = 0
    var users: Set<String> = []
  }

  /// Events of some users over three months, with every part in several values.
  private static func events() -> [GrowthEvent] {
    var random = SeededGenerator(seed: 7, stream: 1)
    func pick(_ count: UInt64) -> Int { Int(random.next() % count) }
    return (0..<6_000).map { number in
      GrowthEvent(
        eventID: EventID(high: 0x0123_4567_89AB_4000, low: 0x8000_0000_0000_0000 + UInt64(number)),
        user: "user \(pick(40))", entity: "entity \(pick(30))", entityType: ["skill", "book"][pick(2)],
        dimension: ["self_know", "self_act", "self_show"][pick(3)],
        delta: Delta(millionths: Int64(pick(9_000_000)) - 3_000_000),
        source: ["", "quiz", "chat"][pick(3)], scope: ["", "org", "org/a", "org/b"][pick(4)],
        // From the middle of December 1969 on: days before 1970 are days too.
        createdAt: Timestamp(microseconds: (Int64(pick(90)) - 14) * 86_400_000_000 + Int64(pick(86_400_000_000))))
    }
  }

  /// The value of a part, worked out the slow way.
  private static func value(_ part: SummaryPart, _ event: GrowthEvent) -> String {
    var day = 0
    while Int64(day) * 86_400_000_000 > event.createdAt.microseconds { day -= 1 }
    while Int64(day + 1) * 86_400_000_000 <= event.createdAt.microseconds { day += 1 }
    switch part {
    case .metadata, .metadataNumber, .metadataTime: return ""
    case .user: return event.user
    case .entity: return event.entity
    case .entityType: return event.entityType
    case .dimension: return event.dimension
    case .source: return event.source
    case .scope: return event.scope
    case .day: return date(day)
    case .week:
      // 1970-01-05 was a Monday.
      while (day - 4) % 7 != 0 { day -= 1 }
      return date(day)
    case .month: return String(date(day).prefix(8)) + "01"
    }
  }

  /// The date of a day near 1970, by counting the days of its months.
  private static func date(_ day: Int) -> String {
    let months = [(1969, 12, 31), (1970, 1, 31), (1970, 2, 28), (1970, 3, 31)]
    var left = day + 31
    for (year, month, days) in months {
      if left < days {
        let pad = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(pad(month))-\(pad(left + 1))"
      }
      left -= days
    }
    return "?"
  }

  private static func expected(
    _ events: [GrowthEvent], by parts: [SummaryPart], where isWanted: (GrowthEvent) -> Bool
  ) -> [[String]: Sums] {
    var sums: [[String]: Sums] = [:]
    for event in events where isWanted(event) {
      let key = parts.map { value($0, event) }
      sums[key, default: Sums()].millionths += Int128(event.delta.millionths)
      sums[key]!.events += 1
      sums[key]!.users.insert(event.user)
    }
    return sums
  }

  @Test func equalsSlowSums() async throws {
    let events = Self.events()
    let simulated = StorageEnvironment.simulated(seed: 4)
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 4
    let store = try GrowthStore.open("store", options: options, environment: simulated.environment)
    let questions: [([SummaryPart], EventFilter, (GrowthEvent) -> Bool)] = [
      ([], EventFilter(), { _ in true }),
      ([.day, .dimension], EventFilter(), { _ in true }),
      ([.month], EventFilter(), { _ in true }),
      ([.week, .source], EventFilter(dimensions: ["self_know", "self_act"]), { $0.dimension != "self_show" }),
      ([.user, .entity, .entityType, .dimension], EventFilter(), { _ in true }),
      ([.scope, .entityType], EventFilter(scope: "org"), { $0.scope.hasPrefix("org") }),
      ([.dimension, .user], EventFilter(user: "user 7"), { $0.user == "user 7" }),
      (
        [.entity], EventFilter(sources: ["quiz"], from: Timestamp(microseconds: 0)),
        { $0.source == "quiz" && $0.createdAt.microseconds >= 0 }
      ),
      ([.day], EventFilter(user: "nobody"), { _ in false }),
      ([], EventFilter(sources: ["none"]), { _ in false }),
      ([], EventFilter(where: try MetadataPredicate("metadata.none exists")), { _ in false }),
    ]
    for (parts, filter, _) in questions {
      #expect(try await store.summary(by: parts, matching: filter).rows().isEmpty, "of no events")
    }
    for (stage, slice) in [events[..<2_500], events[2_500..<5_000], events[5_000...]].enumerated() {
      _ = try await store.append(Array(slice))
      // A segment, another beside it, and then a memtable on top of one merged segment.
      if stage < 2 { try await store.flush() } else { try await store.compact(everything: true) }
      let stored = Array(events[..<slice.endIndex])
      for (parts, filter, isWanted) in questions {
        let expected = Self.expected(stored, by: parts, where: isWanted)
        let summaries = try await store.summary(by: parts, matching: filter, countingUsers: true)
        let rows = try summaries.rows()
        var found: [[String]: Sums] = [:]
        for row in rows { found[row.values] = Sums(millionths: row.score.millionths, events: row.eventCount) }
        #expect(found == expected.mapValues { Sums(millionths: $0.millionths, events: $0.events) }, "\(parts) \(stage)")
        #expect(rows.allSatisfy { $0.userCount == expected[$0.values].map { UInt64($0.users.count) } })
        #expect(rows.count == expected.count && summaries.count == expected.count)
        // The same rows, ranked by hand.
        let best = rows.enumerated().sorted { a, b in
          a.element.score != b.element.score ? a.element.score > b.element.score : a.offset < b.offset
        }
        #expect(try summaries.rows(order: .score, limit: 3) == best.prefix(3).map(\.element))
        #expect(rows.map(\.values) == rows.map(\.values).sorted { $0.lexicographicallyPrecedes($1) })
        #expect(try await store.snapshot().summary(by: parts, matching: filter, countingUsers: true).rows() == rows)
      }
    }
    try await store.close()
  }

  /// Entities of more types than a pair has as a rule.
  private static func eventsOfManyTypes() -> [GrowthEvent] {
    var random = SeededGenerator(seed: 11, stream: 2)
    func pick(_ count: UInt64) -> Int { Int(random.next() % count) }
    return (0..<5_000).map { number in
      GrowthEvent(
        eventID: EventID(high: 0x0123_4567_89AB_4000, low: 0x9000_0000_0000_0000 + UInt64(number)),
        user: "user \(pick(3))", entity: pick(3) == 0 ? "a" : "b", entityType: "type \(pick(25))",
        dimension: ["self_know", "self_act", "self_show"][pick(3)],
        delta: Delta(millionths: number % 3 == 0 ? 1_000_000_000_000 - Int64(pick(9)) : Int64(pick(9))),
        createdAt: Timestamp(microseconds: Int64(number) * 3_600_000_000))
    }
  }

  @Test func manyTypesOfAnEntity() async throws {
    let events = Self.eventsOfManyTypes()
    let simulated = StorageEnvironment.simulated(seed: 5)
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 2
    let store = try GrowthStore.open("store", options: options, environment: simulated.environment)
    let key: [SummaryPart] = [.user, .entity, .entityType, .dimension]
    for slice in [events[..<2_000], events[2_000..<4_000], events[4_000...]] {
      _ = try await store.append(Array(slice))
      if slice.endIndex < events.count { try await store.flush() }
      let stored = Array(events[..<slice.endIndex])
      for depth in 1...4 {
        for parts in [Array(key.prefix(depth)), Array(key.prefix(depth).reversed())] {
          let expected = Self.expected(stored, by: parts) { _ in true }
          let rows = try await store.summary(by: parts).rows()
          #expect(rows.count == expected.count)
          for row in rows {
            #expect(expected[row.values]?.millionths == row.score.millionths, "\(parts) \(row.values)")
            #expect(expected[row.values]?.events == row.eventCount)
          }
        }
      }
      let report = try await store.verify()
      #expect(report.isSound && report.events == stored.count)
    }
    try await store.close()
  }

  @Test func activeUsers() async throws {
    let events = Self.events()
    let simulated = StorageEnvironment.simulated(seed: 6)
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 4
    let store = try GrowthStore.open("store", options: options, environment: simulated.environment)
    let day: Int64 = 86_400_000_000
    let times = [0, 60, 75, 74, 80].map { Timestamp(microseconds: $0 * day + 1_000) } + [.earliest, .latest]
    let filters: [(EventFilter, (GrowthEvent) -> Bool)] = [
      (EventFilter(), { _ in true }),
      (EventFilter(user: "user 3"), { $0.user == "user 3" }),
      (EventFilter(sources: ["quiz"]), { $0.source == "quiz" }),
      (EventFilter(dimensions: ["self_act"], to: times[2]), { $0.dimension == "self_act" && $0.createdAt < times[2] }),
      (
        EventFilter(from: times[1], to: times[3]),
        { $0.createdAt >= times[1] && $0.createdAt < times[3] }
      ),
    ]
    for slice in [events[..<2_500], events[2_500..<5_000], events[5_000...]] {
      _ = try await store.append(Array(slice))
      if slice.endIndex < events.count { try await store.flush() }
      for (filter, isWanted) in filters {
        let stored = events[..<slice.endIndex].filter(isWanted)
        let expected = times.map { time in Set(stored.filter { $0.createdAt >= time }.map(\.user)).count }
        #expect(try await store.activeUsers(since: times, matching: filter) == expected)
        #expect(try await store.snapshot().activeUsers(since: times, matching: filter) == expected)
      }
    }
    #expect(try await store.activeUsers(since: []) == [])
    try await store.close()
  }
}
