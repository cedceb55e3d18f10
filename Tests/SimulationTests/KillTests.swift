import Foundation
import GrowthRing
import TestSupport
import Testing

extension InTurn {
  /// A process that appends is killed at random moments, again and again, on one growing store.
  @Suite struct KillTests {
    @Test func killFiftyTimes() async throws {
      let folder = try TemporaryFolder()
      let path = folder.path + "/store"
      var acknowledged: Set<String> = []
      var delays = SimulationRandom(seed: UInt64(Date().timeIntervalSince1970))
      for round in 1...50 {
        let child = try ChildProcess([round % 2 == 0 ? "maintain" : "append", path])
        try await child.wait(lines: round % 5 == 0 ? 0 : 1)
        try await Task.sleep(for: .milliseconds(delays.below(60)))
        try await child.kill()
        if round % 5 != 0 { #expect(child.lines.first == "ready", "round \(round): the store did not open") }
        acknowledged.formUnion(child.acknowledged)
        if round % 10 == 0 { try await check(path, acknowledged, "round \(round)") }
      }
      #expect(acknowledged.count > 500)
    }

    private func check(_ path: String, _ acknowledged: Set<String>, _ place: String) async throws {
      let store = try await GrowthStore.open(path, options: AppenderStory.options(.readWrite))
      var stored: Set<String> = []
      var count = 0
      for try await batch in try await store.events() {
        for row in 0..<batch.count { stored.insert(batch[row].eventID?.description ?? "") }
        count += batch.count
      }
      #expect(acknowledged.subtracting(stored).isEmpty, "\(place): acknowledged events are lost")
      #expect(stored.count == count, "\(place): events are doubled")
      #expect(try await WatchedSnapshot(store.snapshot()).problems == [], "\(place)")
      let report = try await store.verify()
      #expect(report.isSound, "\(place): \(report.problems)")
      #expect(report.events == count)
      try await store.close()
    }

    /// The same simulation in another process, where dictionaries have another order, does the same byte for byte.
    @Test func replayElsewhere() async throws {
      let seeds = (UInt64(1)...12).map { $0 * 31 }
      let child = try ChildProcess(["replay"] + seeds.map { "\($0)" })
      try await child.end()
      var expected: [String] = []
      for seed in seeds {
        let simulation = try Simulation(seed: seed)
        try simulation.run()
        expected.append("\(seed) \(simulation.digest)")
      }
      #expect(child.lines == expected)
    }
  }
}
