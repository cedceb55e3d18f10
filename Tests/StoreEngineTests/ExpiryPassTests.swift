import Columnar
import StorageIO
import StoreEngine
import TestSupport
import Testing

/// Events that expire, with and without a summary, in one partition, beside the naive model.
@Suite struct ExpiryPassTests {
  private static let day: Int64 = 86_400_000_000
  /// The vocabulary of `EventMaker` begins here; the events of a simulation end three days later.
  private static let start: Int64 = 1_767_225_600_000_000
  private static let identity = StoreIdentity(partitions: 1, hashSeed: 42, createdAt: Timestamp(microseconds: 0))
  private static let options = EngineOptions(memtableBytes: 1 << 20, fanIn: 4, segmentFanIn: 4, largestSegmentRows: 60)

  /// Whether aggregates keep what expired events gave them: all, none, or by entity type.
  enum Mode: CaseIterable {
    case kept, subtracted, mixed
  }

  private final class World {
    let disk: SimulatedDisk
    let environment: StorageEnvironment
    let engine: Engine
    var model = ModelStore()
    var maker: EventMaker
    var random = SimulationRandom(seed: 3)
    /// All that was ever appended.
    var sent: [GrowthEvent] = []

    init(seed: UInt64, options: EngineOptions = ExpiryPassTests.options) throws {
      disk = SimulatedDisk(seed: seed)
      environment = StorageEnvironment(
        disk: disk, clock: SimulatedClock(start: start, step: 0), entropy: SimulatedEntropy(seed: seed))
      maker = EventMaker(seed: seed)
      try Engine.prepareFolders(StoreLayout(root: "/store"), partitions: 1, environment: environment)
      engine = try Engine.openWriter(environment, path: "/store", identity: identity, options: options)
    }

    var partition: Partition { engine.partitions[0] }
    var manifest: Manifest { get throws { try partition.view().files.manifest } }

    @discardableResult
    func append(_ events: [GrowthEvent], flush: Bool = true) throws -> ModelStore.Outcome {
      var batch = EventBatch()
      for event in events { try batch.append(event) }
      let receipt = try engine.commit([batch])[0]
      var fresh: [GrowthEvent] = []
      let expected = model.append(events, fresh: &fresh)
      #expect(receipt.stored == expected.stored && receipt.duplicates == expected.duplicates)
      #expect(receipt.conflicts == expected.conflicts)
      sent += fresh
      if flush { try self.flush() }
      return expected
    }

    func flush() throws {
      _ = partition.freeze()
      try engine.flushFrozen(0)
    }

    func rules(_ days: Int, _ mode: Mode) -> AgeingRules {
      let habits = AgeingRule(
        entityTypes: ["habit"], expireAfter: Age(days: days), keepsSummary: mode != .subtracted)
      return AgeingRules(
        [habits], rest: AgeingRule(expireAfter: Age(days: days), keepsSummary: mode == .kept), warmLevel: 1)
    }

    /// All that has expired so long before the end of the days of events.
    @discardableResult
    func expire(_ days: Int, _ mode: Mode) throws -> AgeingMove {
      let now = start + 3 * day
      model.expire(
        model.expiring(at: now) { event in
          (days, mode == .kept || (mode == .mixed && event.entityType == "habit"))
        })
      return try run(AgeingMoment(rules(days, mode), at: now))
    }

    func run(_ moment: AgeingMoment) throws -> AgeingMove {
      var pass = ExpiryPass(partition, moment)
      var sum = AgeingMove()
      while let move = try pass.next() { sum.add(move) }
      return sum
    }

    /// Everything that is asked and proved, here and by a reader.
    func check() throws {
      #expect(try StoreComparison.problems(engine.snapshot(), identity, model, &random) == [])
      let reader = try Engine.openReader(environment, path: "/store", identity: identity)
      #expect(try StoreComparison.problems(reader.refreshedSnapshot(), identity, model, &random) == [])
      let audit = try audit()
      #expect(audit.mismatches == [] && audit.mismatchCount == 0 && audit.repeatedEvents == 0)
      #expect(audit.expiredEvents == model.expired.count)
      #expect(audit.sealedEvents == model.sealed.count)
      let named = try manifest
      let names =
        named.segments.map { StoreLayout.segmentName($0.fileID) }
        + (named.runs + named.sealedRuns).map { StoreLayout.runName($0.fileID) }
        + named.expiredKeys.map { StoreLayout.keysName($0.fileID) }
      let there = try disk.list("/store/partitions/00").filter { !$0.hasSuffix(".manifest") && !$0.hasSuffix(".lock") }
      #expect(Set(there) == Set(names))
    }

    func audit() throws -> PartitionAudit {
      var audit = PartitionAudit(try partition.view(), identity: identity)
      try audit.run(rowsPerRound: 50)
      return audit
    }
  }

  @Test(arguments: Mode.allCases) func aggregatesStayExact(_ mode: Mode) throws {
    let world = try World(seed: 1)
    for _ in 0..<6 { try world.append(world.maker.batch(40)) }
    // Some are in memory only, and stay until they have been flushed.
    try world.append(world.maker.batch(30), flush: false)
    let kept = world.model
    let old = kept.expiring(at: Self.start + 3 * Self.day) { _ in (1, true) }
    #expect(old.count > 60)
    let inMemory = try Set(
      world.partition.view().memtables.flatMap { memtable in
        (0..<memtable.events.count).map { ModelStore.Key(memtable.events.event(at: $0)) }
      })
    let expected = old.filter { !inMemory.contains($0.key) }
    let move = try world.run(AgeingMoment(world.rules(1, mode), at: Self.start + 3 * Self.day))
    world.model.expire(
      expected.mapValues { ($0.event, mode == .kept || (mode == .mixed && $0.event.entityType == "habit")) })
    #expect(move.rows == expected.count)
    try world.check()
    try world.flush()
    try world.expire(1, mode)
    try world.check()
    // All of it comes again: nothing is new.
    let again = try world.append(world.sent)
    #expect(again.duplicates == world.sent.count && again.stored == 0)
    try world.check()
    #expect(try world.expire(1, mode) == AgeingMove())
    while try world.partition.compact() {}
    try world.check()
    _ = try world.partition.compact(.everything)
    try world.check()
    #expect(try world.manifest.sealedRuns.isEmpty == (mode == .subtracted))
  }

  /// Pass after pass, with late events between them, and merges.
  @Test(arguments: Mode.allCases) func passesAndLateEvents(_ mode: Mode) throws {
    let world = try World(seed: 7)
    for days in [900, 3, 2, 1, 0, 0, 1, 0] {
      try world.append(world.maker.batch(25))
      // Among them late ones, older than what has expired before: new, until the next pass.
      try world.append(world.maker.batch(25))
      try world.check()
      try world.expire(days, mode)
      try world.check()
      try world.append(Array(world.sent.suffix(30)))
      if days == 1 { while try world.partition.compact() {} }
      try world.check()
    }
    #expect(world.model.expired.count > 100)
    // Their number stays bounded.
    #expect(try world.manifest.expiredKeys.count <= 4 && world.manifest.sealedRuns.count <= 4)
  }

  /// Everything goes: nothing is left of aggregates but what is sealed.
  @Test(arguments: Mode.allCases) func nothingIsLeft(_ mode: Mode) throws {
    let world = try World(seed: 9)
    let events = world.maker.batch(100).filter { $0.createdAt < Timestamp(microseconds: Self.start + 3 * Self.day) }
    try world.append(events)
    let before = try world.manifest
    let move = try world.expire(0, mode)
    #expect(move.rows == world.sent.count && move.bytesBefore == before.segments[0].length)
    #expect(try world.manifest.segments == [])
    try world.check()
    #expect(try world.append(world.sent).duplicates == world.sent.count)
    try world.append(world.maker.batch(20))
    try world.check()
  }

  /// The largest and the smallest event of a key leave it: what is left is found again.
  @Test func extremesAreRecomputed() throws {
    let world = try World(seed: 11)
    func event(_ age: Int64, _ delta: Int64) -> GrowthEvent {
      GrowthEvent(
        eventID: EventID(version7At: Timestamp(microseconds: Self.start), random: UInt64(age), 7), user: "ada",
        entity: "swift", entityType: "skill", dimension: "self_know", delta: Delta(millionths: delta), scope: "a/b",
        createdAt: Timestamp(microseconds: Self.start + 3 * Self.day - age * Self.day))
    }
    try world.append([event(9, .max), event(8, 3), event(2, 5)])
    try world.append([event(7, .max), event(1, -5)])
    try world.expire(3, .subtracted)
    try world.check()
    let view = try world.partition.view()
    let user = try #require(try view.rollups.userGrowth(user: "ada").first)
    #expect(
      user.aggregate
        == Aggregate(
          score: 0, count: 2, first: Self.start + Self.day, last: Self.start + 2 * Self.day))
    #expect(try view.rollups.scopeGrowth(under: "").count == 4)
  }

  /// A flush of another thread commits while full values are computed: they do not hide it.
  @Test func aFlushMeanwhileIsNewer() throws {
    let world = try World(seed: 13)
    try world.append(world.maker.batch(60))
    try world.append(world.maker.batch(30), flush: false)
    let now = Self.start + 3 * Self.day
    let inFiles = try Set(
      StoreComparison.events([
        PartitionView(files: world.partition.view().files, memtables: [])
      ]).map { ModelStore.Key($0) })
    world.model.expire(
      world.model.expiring(at: now) { _ in (1, false) }.filter { inFiles.contains($0.key) })
    var pass = ExpiryPass(world.partition, AgeingMoment(world.rules(1, .subtracted), at: now))
    var isFlushed = false
    let move = try pass.next { _ throws(StoreError) in
      if !isFlushed {
        isFlushed = true
        _ = world.partition.freeze()
        try world.engine.flushFrozen(0)
      }
      return true
    }
    #expect(move != nil && isFlushed)
    let runs = try world.manifest.runs
    #expect(runs.count == 3)
    try world.check()
  }

  @Test func givingUpLeavesEverything() throws {
    let world = try World(seed: 15)
    try world.append(world.maker.batch(80))
    let names = try world.disk.list("/store/partitions/00").filter { !$0.hasSuffix(".lock") }
    for last in 0..<9 {
      var asked = 0
      var pass = ExpiryPass(world.partition, AgeingMoment(world.rules(1, .mixed), at: Self.start + 3 * Self.day))
      let move = try pass.next { _ in
        asked += 1
        return asked <= last
      }
      #expect(move == nil)
      #expect(try world.disk.list("/store/partitions/00").filter { !$0.hasSuffix(".lock") } == names)
    }
    try world.check()
  }

  /// Segments keep their tier and level.
  @Test func tiersStay() throws {
    let world = try World(seed: 17)
    try world.append(world.maker.batch(50))
    try world.append(world.maker.batch(50))
    _ = try world.partition.compact(.everything)
    var warm = WarmPass(
      world.partition,
      AgeingMoment(
        AgeingRules([], rest: AgeingRule(warmAfter: Age(days: 1)), warmLevel: 1), at: Self.start + 3 * Self.day))
    while try warm.next() != nil {}
    let before = try world.manifest.segments
    try world.expire(2, .mixed)
    let after = try world.manifest.segments
    #expect(
      Set(after.map(\.tier)) == Set(before.map(\.tier)) && Set(after.map(\.level)).isSubset(of: before.map(\.level)))
    #expect(after.reduce(0) { $0 + $1.rows } < before.reduce(0) { $0 + $1.rows })
    try world.check()
  }

  /// Any damage of a sealed run or a file of keys is found, by its name.
  @Test(arguments: ["run", "keys"]) func damageIsFound(_ kind: String) throws {
    let world = try World(seed: 19)
    try world.append(world.maker.batch(300))
    try world.expire(1, .kept)
    let manifest = try world.manifest
    let name =
      kind == "run"
      ? StoreLayout.runName(manifest.sealedRuns[0].fileID) : StoreLayout.keysName(manifest.expiredKeys[0].fileID)
    let path = "/store/partitions/00/" + name
    let bytes = try world.disk.read(path)
    #expect(bytes.count > 200)
    var random = SimulationRandom(seed: 23)
    for _ in 0..<300 {
      var damaged = bytes
      if random.oneIn(10) {
        damaged.removeLast(1 + random.below(damaged.count - 1))
      } else {
        damaged[random.below(damaged.count)] ^= UInt8(1 << random.below(8))
      }
      do {
        if kind == "run" {
          try Run(bytes: Bytes(damaged), path: path, expectedFileID: manifest.sealedRuns[0].fileID).check()
        } else {
          try ExpiredKeyFile(bytes: Bytes(damaged), path: path, expectedFileID: manifest.expiredKeys[0].fileID).check()
        }
        // Between blocks of a run there are bytes that mean nothing.
        #expect(kind == "run", "damage goes unnoticed")
      } catch {
        #expect(error.file == path)
        #expect(error.kind == .corruption || error.kind == .unsupportedVersion)
      }
    }
    var damaged = bytes
    damaged[60] ^= 1
    try world.disk.remove(path)
    let file = try world.disk.open(path, .create)
    try file.write(damaged, at: 0)
    try file.close()
    let reader = try Engine.openReader(world.environment, path: "/store", identity: Self.identity)
    let report = try reader.partitions[0].scrub()
    #expect(report.damage.map(\.file) == [path])
    #expect(report.files == manifest.segments.count + manifest.runs.count + 2)
    let views = try reader.refreshedSnapshot()
    var audit = PartitionAudit(views[0], identity: Self.identity)
    let error = #expect(throws: StoreError.self) { try audit.run() }
    #expect(error?.file == path)
  }

  /// A stored event whose key is among the expired ones is one too many; so is a sealed part that nobody has.
  @Test func contradictionsAreFound() throws {
    let world = try World(seed: 21)
    try world.append(world.maker.batch(50))
    let before = try world.partition.view()
    try world.expire(0, .kept)
    let after = try world.partition.view()
    let memtable = try #require(try SegmentScan(before.files.segments[0]).next())
    var copy = Memtable()
    var recoder = BatchRecoder()
    copy.append(memtable, [UInt32](0..<UInt32(memtable.count))[...], recoder: &recoder, sequence: 100)
    var audit = PartitionAudit(PartitionView(files: after.files, memtables: [copy]), identity: Self.identity)
    try audit.run()
    // Those that stayed are there twice, the others have expired.
    #expect(audit.repeatedEvents == memtable.count)
    var other = after.files.manifest
    other.sealedRuns = []
    let unsealed = try PartitionFiles(
      other, folder: "/store/partitions/00", disk: world.disk, archive: nil, previous: after.files)
    var second = PartitionAudit(PartitionView(files: unsealed, memtables: []), identity: Self.identity)
    try second.run()
    #expect(second.mismatchCount > 0)
  }
}
