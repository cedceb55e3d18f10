import TestSupport
import Testing

extension InTurn {
  /// Random operations, crashes and failures against the model.
  ///
  /// `GROWTHRING_SEEDS` sets how many seeds run, and `GROWTHRING_SEED` runs one.
  @Suite struct SeedTests {
    @Test func seeds() async throws {
      let seeds = Environment.seeds(default: 3_000)
      let tally = SeedTally()
      await withTaskGroup(of: Void.self) { group in
        for lane in UInt64(0)..<4 {
          group.addTask {
            for seed in seeds where seed % 4 == lane { tally.run(seed: seed) }
          }
        }
      }
      let broken = tally.failures
      if let first = broken.first {
        let reasons = broken.prefix(20).map { "seed \($0.seed): \($0.reason.prefix(200))" }
        Issue.record(
          "\(broken.count) of \(seeds.count) seeds fail; the shortest:\n\(first)\n\n\(reasons.joined(separator: "\n"))")
      }
      let statistics = tally.statistics
      print("simulation: \(seeds.count) seeds from \(seeds.lowerBound), \(statistics)")
      // A simulation that never gets where it hurts proves nothing.
      if broken.isEmpty, seeds.count >= 1_000 {
        #expect(statistics.powerLosses > seeds.count / 4)
        #expect(statistics.kills > seeds.count / 10)
        #expect(statistics.lostCommits > 0)
        #expect(statistics.keptInFlight > 0)
        #expect(statistics.failures > seeds.count / 20)
        #expect(statistics.poisoned > 0)
        #expect(statistics.warmed > seeds.count / 30)
        #expect(statistics.archived > seeds.count / 20 && statistics.rehydrated > 0)
        #expect(statistics.archivedUnits > seeds.count / 60)
        #expect(statistics.expired > seeds.count / 30)
        #expect(statistics.units > seeds.count && statistics.searches > seeds.count)
        #expect(statistics.expiredUnits > seeds.count / 40)
        #expect(statistics.settled > seeds.count / 200)
        #expect(statistics.interrupted > seeds.count / 1_000)
      }
    }

    /// Byte for byte: every call on the disk, and everything on it.
    @Test func replay() throws {
      for seed in UInt64(1)...40 {
        let first = try Simulation(seed: seed)
        try? first.run()
        let second = try Simulation(seed: seed)
        try? second.run()
        #expect(first.digest == second.digest, "seed \(seed) runs differently the second time")
      }
    }
  }
}
