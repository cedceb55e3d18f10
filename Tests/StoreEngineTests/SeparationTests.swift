import StorageIO
import StoreEngine
import TestSupport
import Testing

/// Merges whose result would be several segments, in one partition with an ageing policy.
@Suite struct SeparationTests {
  private static let day: Int64 = 86_400_000_000
  private static let now = 2_000 * day
  private static let identity = StoreIdentity(partitions: 1, hashSeed: 42, createdAt: Timestamp(microseconds: 0))

  private let engine: Engine

  init() throws {
    let environment = StorageEnvironment(
      disk: SimulatedDisk(seed: 1), clock: SimulatedClock(start: Self.now, step: 0), entropy: SimulatedEntropy(seed: 1))
    try Engine.prepareFolders(StoreLayout(root: "/store"), partitions: 1, environment: environment)
    engine = try Engine.openWriter(
      environment, path: "/store", identity: Self.identity,
      options: EngineOptions(memtableBytes: 1 << 20, fanIn: 4, segmentFanIn: 4, largestSegmentRows: 1_000))
    engine.setAgeing(
      AgeingRules(
        [], rest: AgeingRule(warmAfter: Age(days: 90), archiveAfter: Age(days: 365), expireAfter: Age(days: 900)),
        warmLevel: 9))
  }

  private var partition: Partition { engine.partitions[0] }

  /// Four segments with events of these ages in days, merged.
  private func merge(_ ages: [Int]) throws -> [Manifest.SegmentEntry] {
    for part in 0..<4 {
      var batch = EventBatch()
      for (index, age) in ages.enumerated() {
        try batch.append(
          GrowthEvent(
            user: "u\(index % 5)", entity: "e\(index)", entityType: "skill", dimension: "d\(part)",
            delta: Delta(millionths: Int64(index)),
            createdAt: Timestamp(microseconds: Self.now - Int64(age) * Self.day - Int64(part)),
            metadata: #"{"note":"the same text again and again and again, at age \#(age)"}"#))
      }
      _ = try engine.commit([batch])
      _ = partition.freeze()
      try engine.flushFrozen(0)
    }
    let before = try StoreComparison.events(engine.snapshot())
    #expect(before.count == 4 * ages.count)
    #expect(try partition.compact())
    #expect(try StoreComparison.events(engine.snapshot()) == before)
    for segment in try partition.view().files.segments { try segment.verify(hashSeed: Self.identity.hashSeed) }
    return try partition.view().files.manifest.segments
  }

  @Test func whatIsAllOfAgeBecomesWarmAtOnce() throws {
    // Some are of age for the archive and some to expire; both wait in warm segments.
    let merged = try merge((0..<300).map { 91 + 4 * $0 })
    #expect(merged.map(\.tier) == [.warm, .warm])
    #expect(merged.map(\.rows) == [1_000, 200])
  }

  @Test func whatIsFreshAndOfOneClassStaysTogether() throws {
    let merged = try merge((0..<300).map { $0 % 20 })
    #expect(merged.map(\.tier) == [.hot, .hot])
    #expect(merged.map(\.rows) == [1_000, 200])
  }

  @Test func whatIsMixedIsDivided() throws {
    let merged = try merge((0..<300).map { $0 })
    #expect(Set(merged.map(\.tier)) == [.hot, .warm])
    let boundary = Self.now - 90 * Self.day
    for segment in merged {
      if segment.tier == .hot { #expect(segment.smallestCreatedAt > boundary) }
      if segment.tier == .warm { #expect(segment.largestCreatedAt <= boundary) }
    }
    #expect(merged.reduce(0) { $0 + $1.rows } == 1_200)
  }
}
