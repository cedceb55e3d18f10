import Foundation
import GrowthRing
import TestSupport
import Testing

extension InTurn {
  /// One process appends, flushes and compacts at full speed; this one reads and compacts beside it.
  @Suite struct ManyProcessesTests {
    /// Whatever was flushed has come of age at once, and expires where `expires`.
    @Test(arguments: [false, true]) func readBesideAWriter(expires: Bool) async throws {
      let folder = try TemporaryFolder()
      let path = folder.path + "/store"
      let child = try ChildProcess(["maintain", path])
      try await child.wait(lines: 2)
      let lasting = try await GrowthStore.open(path, options: AppenderStory.options(.readOnly))
      let end = ContinuousClock.now + .seconds(4)
      try await withThrowingTaskGroup(of: Int.self) { group in
        // Opened again and again.
        group.addTask {
          var reads = 0
          while ContinuousClock.now < end {
            let known = child.lineCount - 1
            let store = try await GrowthStore.open(path, options: AppenderStory.options(.readOnly))
            let seen = try await WatchedSnapshot(store.snapshot(), expires: expires)
            #expect(seen.problems == [])
            #expect(seen.batches >= known, "acknowledged before the read began")
            try await store.close()
            reads += 1
          }
          return reads
        }
        // One that lives on, read by two tasks at once.
        for _ in 0..<2 {
          group.addTask {
            var reads = 0
            var before = 0
            while ContinuousClock.now < end {
              let known = child.lineCount - 1
              let seen = try await WatchedSnapshot(lasting.snapshot(), expires: expires)
              #expect(seen.problems == [])
              #expect(seen.batches >= known, "acknowledged before the read began")
              #expect(seen.batches >= before, "the store shrinks")
              before = seen.batches
              let known2 = child.lineCount - 1
              let one = try await lasting.userGrowth(user: "user-3")
              // Never less than was acknowledged, and never more than the next snapshot has.
              before = Int(one.reduce(0) { $0 + $1.eventCount })
              #expect(before >= known2)
              reads += 1
            }
            return reads
          }
        }
        let rule = AgeingRule(
          warmAfter: Age(days: 0), archiveAfter: Age(days: 0), expireAfter: expires ? Age(days: 0) : nil)
        try await lasting.apply(policy: AgeingPolicy(rules: [], rest: rule, warmLevel: 1))
        group.addTask {
          var moved = 0
          let maintainer = try await GrowthStore.open(path, options: AppenderStory.options(.readOnly))
          while ContinuousClock.now < end {
            let job = try await maintainer.maintain(Set(MaintenanceStep.allCases))
            #expect(job?.error == nil)
            moved += job?.moved ?? 0
            try await Task.sleep(for: .milliseconds(3))
          }
          try await maintainer.close()
          return moved
        }
        group.addTask {
          var merges = 0
          while ContinuousClock.now < end {
            if try await lasting.compact(everything: merges % 3 == 0) { merges += 1 }
            try await Task.sleep(for: .milliseconds(3))
          }
          return merges
        }
        for try await count in group { #expect(count > 0) }
      }
      #expect(child.lines.first == "ready")
      let appended = child.lineCount
      try await child.kill()
      #expect(appended > 20)
      let store = try await GrowthStore.open(path, options: AppenderStory.options(.readWrite))
      let report = try await store.verify()
      #expect(report.isSound, "\(report.problems)")
      #expect((report.expiredEvents > 0) == expires && report.sealedEvents == report.expiredEvents)
      #expect(try await WatchedSnapshot(store.snapshot(), expires: expires).batches >= child.lineCount - 1)
      try await store.close()
    }

    /// A writer that appends nothing shows what has expired elsewhere, and gives up the files, without a flush.
    @Test func aRestingWriterFollows() async throws {
      let folder = try TemporaryFolder()
      let path = folder.path + "/store"
      let writer = try await GrowthStore.open(path, options: AppenderStory.options(.readWrite))
      let old = Timestamp(microseconds: 1_700_000_000_000_000)
      let events = (0..<100).map { number in
        GrowthEvent(
          user: "user-\(number % 9)", entity: "e\(number)", entityType: "skill", dimension: "self_know",
          delta: AppenderStory.delta, createdAt: old)
      }
      _ = try await writer.append(events)
      try await writer.flush()
      #expect(try await writer.growth(user: "user-3").count == 11)
      let other = try await GrowthStore.open(path, options: AppenderStory.options(.readOnly))
      try await other.apply(
        policy: AgeingPolicy(rules: [], rest: AgeingRule(expireAfter: Age(days: 30), keepsSummary: false)))
      #expect(try await other.maintain([.expire])?.moved == 100)
      // About a second, on a machine that has time.
      let end = ContinuousClock.now + .seconds(30)
      while try await writer.snapshot().eventCount > 0, ContinuousClock.now < end {
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(try await writer.snapshot().eventCount == 0)
      #expect(try await writer.growth(user: "user-3").isEmpty)
      try await other.close()
      try await writer.close()
    }
  }
}
