import GrowthRing
package import StoreEngine

/// What varies from seed to seed.
package struct SimulationOptions: Sendable {
  package var partitions: Int
  package var engine: EngineOptions
  package var steps: Int
  package var largestBatch: Int

  package init(_ random: inout SimulationRandom) {
    partitions = 1 << random.below(3)
    engine = EngineOptions(
      memtableBytes: 1 << 20, logFileBytes: random.pick([200, 1_000, 4_000, 1 << 20]),
      logAheadBytes: random.pick([0, 1_000, 20_000]), fanIn: random.within(2...4),
      segmentFanIn: random.within(2...5),
      largestSegmentRows: random.pick([3, 10, 40, 1 << 20]))
    engine.largestUnitBytes = random.pick([2_000, 8_000, 1 << 20])
    engine.archiveFormat = ParquetArchive()
    steps = random.within(4...20)
    largestBatch = random.pick([1, 4, 12])
    // Of everything in rounds, which three files already need.
    if steps % 3 == 0 { engine.mostInputs = 2 }
  }
}
