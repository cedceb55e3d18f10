import GrowthRing
import StorageIO
import Testing
@testable import GrowthRing

/// The public library end to end, on the simulated disk.
@Suite struct GrowthStoreTests {
  private func event(_ number: Int, user: String = "ada", delta: String = "1.5") throws -> GrowthEvent {
    GrowthEvent(
      eventID: EventID(high: 0x0123_4567_89AB_4000 + UInt64(number), low: 0x8000_0000_0000_0000), user: user,
      entity: "swift", entityType: "skill", dimension: "self_know", delta: try #require(Delta(delta)),
      source: "quiz", scope: "school/class", createdAt: Timestamp(microseconds: Int64(number) * 1_000_000),
      metadata: "{\"v\": 1}")
  }

  @Test func appendReadFlushReopen() async throws {
    let simulated = StorageEnvironment.simulated(seed: 1)
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 4
    var store = try GrowthStore.open("store", options: options, environment: simulated.environment)
    let receipt = try await store.append([event(1), event(2), event(3, user: "bob")])
    #expect(receipt.stored == 3)
    for stage in ["memtable", "flushed", "reopened", "compacted"] {
      if stage == "flushed" { try await store.flush() }
      if stage == "reopened" {
        try await store.close()
        store = try GrowthStore.open("store", options: options, environment: simulated.environment)
      }
      if stage == "compacted" { try await store.compact(everything: true) }
      let growth = try await store.growth(user: "ada", entity: "swift")
      #expect(growth.count == 1, "\(stage)")
      #expect(growth.first?.score == Score(millionths: 3_000_000), "\(stage)")
      #expect(growth.first?.eventCount == 2)
      #expect(try await store.userGrowth(user: "bob").first?.score.description == "1.5")
      let scopes = try await store.scopeGrowth(prefix: "school")
      #expect(scopes.map(\.scope) == ["school", "school/class"])
      #expect(scopes.allSatisfy { $0.eventCount == 3 && $0.day == 0 })
      let history = try await store.history(user: "ada")
      #expect(history.events.map(\.createdAt.microseconds) == [2_000_000, 1_000_000])
      #expect(history.events.first?.metadata == "{\"v\":1}")
      let again = try await store.append([event(1), event(2, delta: "2")], mode: .lenient)
      #expect(again.duplicates == 1 && again.stored == 0)
      #expect(again.rejections.map(\.reason) == [.conflict])
      let report = try await store.verify()
      #expect(report.isSound, "\(stage): \(report.problems)")
      #expect(report.events == 3)
    }
    try await store.close()
  }
}
