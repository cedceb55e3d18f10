import Foundation
import GrowthRing
import TestSupport
import Testing

extension InTurn {
  /// One process changes memory units, flushes and compacts; this one searches, lists, compacts and indexes beside it.
  @Suite struct ManyProcessesUnitTests {
    /// What the other process has said about its units so far.
    private struct Story {
      enum State: Equatable {
        case changing
        case put(Int)
        case gone
      }

      private(set) var states: [Int: State] = [:]

      init(_ lines: [String]) {
        for line in lines {
          let words = line.split(separator: " ")
          guard words.count > 1, let unit = Int(words[1]) else { continue }
          switch words[0] {
          case "change": states[unit] = .changing
          case "gone": states[unit] = .gone
          default: states[unit] = .put(words.count > 2 ? Int(words[2]) ?? -1 : -1)
          }
        }
      }
    }

    @Test func searchBesideAWriter() async throws {
      let folder = try TemporaryFolder()
      let path = folder.path + "/store"
      let child = try ChildProcess(["units", path])
      try await child.wait(lines: 60)
      let lasting = try await GrowthStore.open(path, options: AppenderStory.options(.readOnly))
      let end = ContinuousClock.now + .seconds(4)
      try await withThrowingTaskGroup(of: Int.self) { group in
        // Opened again and again.
        group.addTask {
          var checks = 0
          while ContinuousClock.now < end {
            let store = try await GrowthStore.open(path, options: AppenderStory.options(.readOnly))
            checks += try await Self.check(store, child)
            try await store.close()
          }
          return checks
        }
        for _ in 0..<2 {
          group.addTask {
            var checks = 0
            while ContinuousClock.now < end { checks += try await Self.check(lasting, child) }
            return checks
          }
        }
        let rule = AgeingRule(warmAfter: Age(days: 0))
        try await lasting.apply(policy: AgeingPolicy(rules: [], rest: rule, warmLevel: 1))
        group.addTask {
          let maintainer = try await GrowthStore.open(path, options: AppenderStory.options(.readOnly))
          var rounds = 0
          while ContinuousClock.now < end {
            let job = try await maintainer.maintain([.compact, .warm])
            #expect(job?.error == nil)
            if rounds % 4 == 0 { try await maintainer.updateSearchIndex(anew: true) }
            rounds += 1
            try await Task.sleep(for: .milliseconds(20))
          }
          try await maintainer.close()
          return rounds
        }
        for try await count in group { #expect(count > 0) }
      }
      try await lasting.close()
      try await child.kill()
      let store = try await GrowthStore.open(path, options: AppenderStory.options(.readWrite))
      let report = try await store.verify()
      #expect(report.isSound && report.search.units > 0, "\(report.problems)")
      try await store.close()
    }

    /// Looks at some units that did not change meanwhile; how many there were.
    private static func check(_ store: GrowthStore, _ child: ChildProcess) async throws -> Int {
      var checks = 0
      let before = Story(child.lines).states
      for unit in before.keys.shuffled().prefix(4) {
        let user = UnitStory.users[unit % UnitStory.users.count]
        var options = SearchOptions(limit: 10)
        if Bool.random() { options.user = user }
        var found: [String] = []
        var old = 0
        if case .put(let version)? = before[unit] {
          let results = try await store.search("k\(unit)v\(version) AND growth", options)
          found = results.hits.map(\.unit.muid)
          if version > 0 { old = try await store.search("k\(unit)v\(version - 1)", options).matched }
        } else {
          found = try await store.search("k\(unit)v*", options).hits.map(\.unit.muid)
        }
        let stored = try await store.unit("unit-\(unit)", of: user)
        var listed = false
        for try await chunk in try await store.units(of: user, content: false) {
          listed = listed || chunk.contains { $0.muid == "unit-\(unit)" }
        }
        // Only of a unit that stayed as it was is it known what must be found.
        guard let state = before[unit], state != .changing, Story(child.lines).states[unit] == state else { continue }
        checks += 1
        if case .put(let version) = state {
          #expect(found == ["unit-\(unit)"] && old == 0, "unit \(unit) in version \(version): \(found), \(old) old")
          #expect(stored?.content.contains("k\(unit)v\(version) ") == true && listed)
        } else {
          #expect(found == [] && stored == nil && !listed, "unit \(unit) was deleted")
        }
      }
      return checks
    }
  }
}
