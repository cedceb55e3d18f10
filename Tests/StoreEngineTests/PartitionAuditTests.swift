import Columnar
import StorageIO
import Testing

@testable import StoreEngine

/// `verify` of one partition: what is sound passes in rounds of any size, and what is not is found.
@Suite struct PartitionAuditTests {
  /// A store of one partition with segments, a merged one among them, and a memtable.
  private func engine() throws -> Engine {
    let identity = StoreIdentity(partitions: 1, hashSeed: 9, createdAt: Timestamp(microseconds: 0))
    let environment = StorageEnvironment.simulated(seed: 5).environment
    try Engine.prepareFolders(StoreLayout(root: "store"), partitions: 1, environment: environment)
    let engine = try Engine.openWriter(
      environment, path: "store", identity: identity, options: EngineOptions(fanIn: 3, segmentFanIn: 3))
    var generator = EventGenerator(seed: 11)
    generator.users = 60
    for round in 0..<5 {
      _ = try engine.commit([generator.batch(3_000)])
      guard round < 4 else { break }
      _ = engine.partitions[0].freeze()
      try engine.flushFrozen(0)
      while try engine.partitions[0].compact() {}
    }
    return engine
  }

  @Test(arguments: [100, 2_000, 1 << 20]) func soundInRoundsOfAnySize(rows: Int) throws {
    let engine = try engine()
    let view = try engine.partitions[0].view()
    #expect(view.files.segments.count > 1 && !view.memtables.isEmpty)
    var audit = PartitionAudit(view, identity: engine.identity)
    var events = 0
    try audit.run(rowsPerRound: rows) { events += $0 }
    #expect(events == view.eventCount)
    #expect(audit.mismatchCount == 0 && audit.mismatches == [])
    #expect(audit.repeatedEvents == 0)
    var keys = 0
    for rollup in Rollup.allCases {
      let cursor = try view.rollups.cursor(rollup)
      while !cursor.isAtEnd {
        keys += 1
        try cursor.advance()
      }
    }
    #expect(audit.keyCount == keys)
  }

  @Test func repeatedEventsAreCounted() throws {
    let engine = try engine()
    let view = try engine.partitions[0].view()
    let memtable = try #require(view.memtables.last)
    let segment = try #require(view.files.segments.first)
    let chunk = try #require(try SegmentScan(segment).next())
    var copy = Memtable()
    var recoder = BatchRecoder()
    copy.append(chunk, [UInt32](0..<UInt32(chunk.count))[...], recoder: &recoder, sequence: 100)
    var audit = PartitionAudit(
      PartitionView(files: view.files, memtables: view.memtables + [memtable, copy]), identity: engine.identity)
    try audit.run(rowsPerRound: 2_000)
    #expect(audit.repeatedEvents == memtable.events.count + chunk.count)
    #expect(audit.mismatchCount == 0)
  }

  @Test func usersOfOtherPartitionsAreDamage() throws {
    let engine = try engine()
    var identity = engine.identity
    identity.partitions = 2
    var audit = PartitionAudit(try engine.partitions[0].view(), identity: identity)
    #expect(throws: StoreError.self) { try audit.run() }
  }
}
