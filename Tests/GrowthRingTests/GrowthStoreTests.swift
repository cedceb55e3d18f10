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

  /// Small and large appends go into commits together, and each is told of its own events.
  @Test(arguments: [1, 2, 3]) func appendsThatShareACommitHearOfTheirOwnEvents(_ seed: UInt64) async throws {
    let simulated = StorageEnvironment.simulated(seed: seed)
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 4
    let store = try GrowthStore.open("store", options: options, environment: simulated.environment)
    let sizes = [1, 40, 3, 0, 33, 32, 2]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<60 {
        group.addTask {
          let count = sizes[(task + Int(seed)) % sizes.count]
          // The event before the last comes again, and the last with other content.
          var events = try (0..<count).map { try event(task * 100 + $0, user: "user \(task % 7)") }
          if count > 2 {
            events.append(events[count - 2])
            events.append(try event(task * 100 + count - 1, user: "user \(task % 7)", delta: "2"))
          }
          let receipt = try await store.append(events, mode: .lenient)
          #expect(receipt.stored == count, "append \(task)")
          #expect(receipt.duplicates == (count > 2 ? 1 : 0), "append \(task)")
          #expect(receipt.rejections.map(\.row) == (count > 2 ? [count + 1] : []), "append \(task)")
        }
      }
      try await group.waitForAll()
    }
    #expect(try await store.verify().events == (0..<60).reduce(0) { $0 + sizes[($1 + Int(seed)) % sizes.count] })
    try await store.close()
  }

  /// One event of a user in a quiet partition must not keep the whole log.
  @Test func quietPartitionsDoNotKeepTheLog() async throws {
    let simulated = StorageEnvironment.simulated(seed: 2)
    var options = StoreOptions()
    options.createIfMissing = true
    options.memtableBytes = 1 << 20
    let store = try GrowthStore.open("store", options: options, environment: simulated.environment)
    _ = try await store.append([event(0, user: "quiet")])
    var random = SeededGenerator(seed: 3, stream: 0)
    var written = 0
    for round in 0..<60 {
      let batch = try (0..<100).map { index in
        var noisy = try event(1 + round * 100 + index, user: "busy")
        let noise = (0..<64).map { _ in String(random.next(), radix: 36) }.joined()
        noisy.metadata = "{\"noise\":\"\(noise)\"}"
        written += noise.utf8.count
        return noisy
      }
      #expect(try await store.append(batch).stored == 100)
    }
    let stats = try await store.stats()
    #expect(written > 4 << 20)
    #expect(stats.logBytes <= 3 << 20, "\(stats.logBytes) bytes of log are kept")
    #expect(try await store.growth(user: "quiet", entity: "swift").first?.eventCount == 1)
    #expect(try await store.verify().isSound)
    try await store.close()
  }
}
