import GrowthRing
import Synchronization
import TestSupport
import Testing

extension InTurn {
  /// The public library under many tasks on a real disk.
  @Suite struct ConcurrentStoreTests {
    private static func batch(_ random: inout SimulationRandom) throws(EventRejection) -> EventBatch {
      var batch = EventBatch()
      for user in AppenderStory.users {
        let id = EventID(high: random.next() | 1, low: random.next())
        let createdAt = Timestamp(microseconds: 1_767_225_600_000_000 + Int64(random.below(1 << 40)))
        try batch.append(
          GrowthEvent(
            eventID: id, user: user, entity: "entity-\(random.below(50))", entityType: "skill", dimension: "self_know",
            delta: AppenderStory.delta, scope: "org/a", createdAt: createdAt, metadata: #"{"n":1}"#))
      }
      return batch
    }

    /// 64 tasks append, others read, flush and compact; memory is so small that appends wait.
    @Test func manyTasks() async throws {
      let folder = try TemporaryFolder()
      let path = folder.path + "/store"
      let store = try await GrowthStore.open(path, options: AppenderStory.options(.readWrite))
      let counter = Counter()
      let tasks = 64
      let perTask = 24
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<tasks {
          group.addTask {
            var random = SimulationRandom(seed: UInt64(task))
            for round in 0..<perTask {
              let batch = try Self.batch(&random)
              let receipt = try await store.append(batch)
              #expect(receipt.stored == batch.count && receipt.duplicates == 0)
              let known = counter.increase()
              if round % 8 == 0 {
                let again = try await store.append(batch)
                #expect(again.stored == 0 && again.duplicates == batch.count)
                let growth = try await store.userGrowth(user: "user-5")
                #expect(Int(growth.reduce(0) { $0 + $1.eventCount }) >= known, "an acknowledged event is not there")
              }
            }
            counter.finish()
          }
        }
        for _ in 0..<3 {
          group.addTask {
            var before = 0
            while counter.finished < tasks {
              let known = counter.value
              let seen = try await WatchedSnapshot(store.snapshot())
              #expect(seen.problems == [])
              #expect(seen.batches >= known)
              #expect(seen.batches >= before)
              before = seen.batches
              try await Task.sleep(for: .milliseconds(20))
            }
          }
        }
        group.addTask {
          while counter.finished < tasks {
            try await store.flush()
            try await store.compact()
            try await Task.sleep(for: .milliseconds(15))
          }
        }
        try await group.waitForAll()
      }
      let total = tasks * perTask
      let first = try await WatchedSnapshot(store.snapshot())
      #expect(first.problems == [] && first.batches == total)
      try await store.close()
      let again = try await GrowthStore.open(path, options: AppenderStory.options(.readWrite))
      let second = try await WatchedSnapshot(again.snapshot())
      #expect(second.problems == [] && second.batches == total)
      let report = try await again.verify()
      #expect(report.isSound, "\(report.problems)")
      try await again.close()
    }

    /// Appends in large batches against a small cap: memory stays bounded and nothing is lost.
    @Test func backpressure() async throws {
      let folder = try TemporaryFolder()
      let store = try await GrowthStore.open(folder.path + "/store", options: AppenderStory.options(.readWrite))
      var largest = 0
      var random = SimulationRandom(seed: 9)
      let batches = 40
      for _ in 0..<batches {
        var batch = EventBatch()
        for _ in 0..<60 { batch.append((0..<UInt32(8)).map { $0 }, of: try Self.batch(&random)) }
        _ = try await store.append(batch)
        largest = max(largest, try await store.stats().memory)
      }
      // Twice the cap, and what one commit adds.
      #expect(largest < 4 << 20, "memtables of \(largest) bytes")
      let seen = try await WatchedSnapshot(store.snapshot())
      #expect(seen.problems == [] && seen.batches == batches * 60)
      #expect(try await store.stats().segments > 0)
      try await store.close()
    }

    private final class Counter: Sendable {
      private let state = Mutex((value: 0, finished: 0))
      var value: Int { state.withLock { $0.value } }
      var finished: Int { state.withLock { $0.finished } }
      func increase() -> Int {
        state.withLock { state in
          state.value += 1
          return state.value
        }
      }
      func finish() { state.withLock { $0.finished += 1 } }
    }
  }
}
