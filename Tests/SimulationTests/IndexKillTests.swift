import Foundation
import GrowthRing
import TestSupport
import Testing

extension InTurn {
  /// A process that appends memory units and fills the search indexes is killed while it does so, again and again, on one store.
  @Suite struct IndexKillTests {
    @Test func killWhileIndexing() async throws {
      let folder = try TemporaryFolder()
      let path = folder.path + "/store"
      var acknowledged: Set<Int> = []
      var delays = SimulationRandom(seed: UInt64(Date().timeIntervalSince1970))
      // How often it was in the middle of each.
      var killed: [String: Int] = [:]
      for round in 1...20 {
        let next = (acknowledged.max() ?? -1) + 1
        let child = try ChildProcess(["index", path, "\(next)"])
        try await child.wait(for: ["filling", "rebuilding"], count: 1 + round % 3)
        try await Task.sleep(for: .milliseconds(delays.below(round % 2 == 0 ? 5 : 60)))
        try await child.kill()
        #expect(child.lines.first == "ready", "round \(round): the store did not open")
        if let last = child.lines.last { killed[last, default: 0] += 1 }
        acknowledged.formUnion(child.acknowledged.compactMap { Int($0) })
        if round % 5 == 0 { try await check(path, acknowledged, "round \(round)") }
      }
      #expect(killed["filling", default: 0] > 2 && killed["rebuilding", default: 0] > 2, "\(killed)")
    }

    private func check(_ path: String, _ acknowledged: Set<Int>, _ place: String) async throws {
      let store = try await GrowthStore.open(path, options: AppenderStory.options(.readWrite))
      #expect(try await UnitStory.problems(store, batches: acknowledged) == [], "\(place)")
      let report = try await store.verify()
      #expect(report.isSound && report.search.units > 0, "\(place): \(report.problems)")
      try await store.close()
    }
  }
}
