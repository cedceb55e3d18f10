import StorageIO
import TestSupport
import Testing

@testable import GrowthRing

/// Reads on the calling thread, at every stage of a store and beside a reader, against the model.
@Suite struct DirectReadsTests {
  @Test func equalModelAtEveryStage() async throws {
    let simulated = StorageEnvironment.simulated(seed: 4)
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 2
    var store = try GrowthStore.open("store", options: options, environment: simulated.environment)
    var readOnly = options
    readOnly.access = .readOnly
    let reader = try GrowthStore.open("store", options: readOnly, environment: simulated.environment)
    var maker = EventMaker(seed: 9)
    var model = ModelStore()
    for stage in 0..<9 {
      var fresh: [GrowthEvent] = []
      let batch = maker.batch(60).map { event in
        // The growth model refuses deltas at the limits of the type.
        var event = event
        event.delta = Delta(millionths: event.delta.millionths % 1_000_000)
        return event
      }
      let outcome = model.append(batch, fresh: &fresh)
      #expect(try await store.append(batch, mode: .lenient).stored == outcome.stored)
      if stage % 3 == 1 { try await store.flush() }
      if stage == 5 { try await store.compact(everything: true) }
      if stage == 7 {
        try await store.close()
        store = try GrowthStore.open("store", options: options, environment: simulated.environment)
      }
      try compare(store.direct, model, "stage \(stage)")
      try compare(reader.direct, model, "reader at stage \(stage)")
      let snapshot = try await store.snapshot()
      try compareTop(snapshot, model, "stage \(stage)")
      let user = EventMaker.users[stage % EventMaker.users.count]
      #expect(try snapshot.growth(user: user) == store.direct.growth(user: user))
      #expect(try snapshot.history(user: user, limit: 7).events == store.direct.history(user: user, limit: 7).events)
      #expect(try await store.growth(user: user, order: .score) == store.direct.growth(user: user, order: .score))
    }
    try await store.close()
    #expect(throws: StoreError.self) { try store.direct.growth(user: "ada") }
  }

  private func compare(_ reads: DirectReads, _ model: ModelStore, _ stage: String) throws {
    let growth = model.entityGrowth()
    var rows = GrowthRows()
    // Often enough that indexes are made.
    for _ in 0..<4 {
      for user in EventMaker.users + ["nobody"] {
        for entity in EventMaker.entities + ["nothing"] {
          let found = try reads.growth(user: user, entity: entity)
          #expect(Set(found) == growth.filter { $0.user == user && $0.entity == entity }, "\(stage)")
          try reads.growth(user: user, entity: entity, into: &rows)
          #expect((0..<rows.count).map { rows.growth(at: $0, user: user) } == found, "\(stage)")
        }
      }
    }
    for user in EventMaker.users + ["nobody"] {
      let found = try reads.growth(user: user)
      #expect(Set(found) == growth.filter { $0.user == user } && Set(found).count == found.count, "\(stage)")
      try reads.growth(user: user, into: &rows)
      compareEntities(rows, stage)
      let top = try reads.growth(user: user, order: .score, limit: 3)
      #expect(top.map(\.score) == found.map(\.score).sorted(by: >).prefix(3).map { $0 }, "\(stage)")
      try compareHistory(reads, model, user, stage)
    }
  }

  /// Rows of one entity share a number, and numbers ascend.
  private func compareEntities(_ rows: GrowthRows, _ stage: String) {
    for row in 0..<rows.count where row > 0 {
      let (last, next) = (rows.entityIndex(at: row - 1), rows.entityIndex(at: row))
      let isSame = rows.entity(at: row - 1) == rows.entity(at: row)
      #expect(isSame ? last == next : last < next, "\(stage)")
    }
  }

  /// All users by score, however many are wanted.
  private func compareTop(_ snapshot: GrowthSnapshot, _ model: ModelStore, _ stage: String) throws {
    var sums: [String: (score: Score, count: UInt64)] = [:]
    for growth in model.entityGrowth() {
      let sum = sums[growth.user] ?? (Score(millionths: 0), 0)
      sums[growth.user] = (sum.score + growth.score, sum.count + growth.eventCount)
    }
    let all = try snapshot.topUsers(limit: .max)
    #expect(Set(all.map(\.key)) == Set(sums.keys) && all.count == sums.count, "\(stage)")
    for row in all { #expect(row.score == sums[row.key]?.score && row.eventCount == sums[row.key]?.count, "\(stage)") }
    for (row, next) in zip(all, all.dropFirst()) { #expect(row.score >= next.score, "\(stage)") }
    #expect(try snapshot.topUsers(limit: 2) == Array(all.prefix(2)), "\(stage)")
    #expect(try snapshot.topUsers(limit: 0).isEmpty, "\(stage)")
  }

  private func compareHistory(
    _ reads: DirectReads, _ model: ModelStore, _ user: String, _ stage: String
  ) throws {
    let all = model.history(user: user)
    for entity in [nil, EventMaker.entities[1], EventMaker.entities[2], "nothing"] {
      for dimension in [nil, EventMaker.dimensions[0]] {
        let expected = all.filter {
          (entity ?? $0.entity) == $0.entity && (dimension ?? $0.dimension) == $0.dimension
        }
        var found: [GrowthEvent] = []
        var after: HistoryCursor?
        repeat {
          let page = try reads.history(user: user, entity: entity, dimension: dimension, limit: 5, after: after)
          found += page.events
          after = page.next
        } while after != nil
        #expect(found == expected, "\(stage)")
        let bare = try reads.history(
          user: user, entity: entity, dimension: dimension, limit: 1_000, withMetadata: false)
        #expect(bare.events.map(\.eventID) == expected.map(\.eventID), "\(stage)")
        #expect(bare.events.allSatisfy { $0.metadata.isEmpty }, "\(stage)")
      }
    }
  }
}
