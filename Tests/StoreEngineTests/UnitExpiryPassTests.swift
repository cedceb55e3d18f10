import Columnar
import StorageIO
import StoreEngine
import TestSupport
import Testing

/// Versions of memory units that expire, alone and with their units, in one partition, beside the naive model.
@Suite struct UnitExpiryPassTests {
  private static let day: Int64 = 86_400_000_000
  /// The times of `UnitMaker` begin here, and end three days and a third later, but for some at the end of time.
  private static let start: Int64 = 1_767_225_600_000_000
  private static let now = start + 3 * day
  private static let identity = StoreIdentity(partitions: 1, hashSeed: 42, createdAt: Timestamp(microseconds: 0))
  private typealias Ages = ModelStore.UnitAges

  private final class World {
    let disk: SimulatedDisk
    let environment: StorageEnvironment
    let engine: Engine
    var model = ModelStore()
    var maker: UnitMaker
    var random = SimulationRandom(seed: 3)
    /// All that was ever stored.
    var sent: [MemoryUnit] = []

    init(seed: UInt64) throws {
      disk = SimulatedDisk(seed: seed)
      environment = StorageEnvironment(
        disk: disk, clock: SimulatedClock(start: start, step: 0), entropy: SimulatedEntropy(seed: seed))
      maker = UnitMaker(seed: seed)
      try Engine.prepareFolders(StoreLayout(root: "/store"), partitions: 1, environment: environment)
      engine = try Engine.openWriter(
        environment, path: "/store", identity: identity, options: EngineOptions(memtableBytes: 1 << 20, fanIn: 4))
    }

    var partition: Partition { engine.partitions[0] }
    var manifest: Manifest { get throws { try partition.view().files.manifest } }

    @discardableResult
    func append(_ units: [MemoryUnit], flush: Bool = true) throws -> ModelStore.Outcome {
      let receipt = try engine.commit(units: try units.map { try UnitVersion($0) }, counts: [units.count])[0]
      var fresh: [MemoryUnit] = []
      let expected = model.append(units, fresh: &fresh)
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

    static func moment(_ notes: Ages, _ others: Ages) -> AgeingMoment {
      func rule(_ ages: Ages, of sourceTypes: [String]?) -> UnitAgeingRule {
        UnitAgeingRule(
          sourceTypes: sourceTypes, expireAfter: ages.unit.map { Age(days: $0) },
          expireVersionsAfter: ages.versions.map { Age(days: $0) })
      }
      let units = UnitAgeingRules([rule(notes, of: ["note"])], rest: rule(others, of: nil))
      return AgeingMoment(AgeingRules([], rest: AgeingRule(), warmLevel: 1, units: units), at: now)
    }

    /// All that has expired by the ages of notes and of others.
    @discardableResult
    func expire(_ notes: Ages, _ others: Ages, by engine: Engine? = nil) throws -> AgeingMove? {
      let view = try partition.view()
      let expected = model.expiringUnits(
        at: now, inFiles: try StoreComparison.unitKeys([PartitionView(files: view.files, memtables: [])]),
        inMemory: Set(view.memtables.flatMap { $0.units?.versions ?? [] }.map { ModelStore.UnitKey($0.unit) })
      ) { $0.sourceType == "note" ? notes : others }
      model.expire(expected)
      let engine = engine ?? self.engine
      try engine.refresh()
      var pass = UnitExpiryPass(engine.partitions[0], Self.moment(notes, others))
      let move = try pass.next()
      #expect((move?.rows ?? 0) == expected.count && move?.units == move?.rows)
      #expect(try pass.next() == nil)
      try partition.reloadFiles()
      return move
    }

    /// Everything that is asked and proved, here and by a reader.
    func check() throws {
      #expect(try StoreComparison.problems(engine.snapshot(), identity, model, &random) == [])
      let reader = try Engine.openReader(environment, path: "/store", identity: identity)
      #expect(try StoreComparison.problems(reader.refreshedSnapshot(), identity, model, &random) == [])
      var audit = PartitionAudit(try partition.view(), identity: identity)
      try audit.run()
      #expect(audit.repeatedUnits == 0 && audit.expiredUnits == model.expiredUnits.count)
      let named = try manifest
      let names =
        named.unitSegments.map { StoreLayout.name(of: $0) }
        + named.expiredUnitKeys.map { StoreLayout.keysName($0.fileID) }
      let there = try disk.list("/store/partitions/00").filter { !$0.hasSuffix(".manifest") && !$0.hasSuffix(".lock") }
      #expect(Set(there) == Set(names))
    }

    func unit(
      _ muid: String, _ age: Int64, _ source: String = "", content: String = "x", isDeleted: Bool = false
    ) -> MemoryUnit {
      MemoryUnit(
        muid: muid, user: "ada", sourceType: source, content: isDeleted ? "" : content,
        createdAt: Timestamp(microseconds: start), updatedAt: Timestamp(microseconds: now - age * day - 1),
        isDeleted: isDeleted)
    }
  }

  /// Pass after pass, by rules of all kinds, with late versions between them, merges and warming.
  @Test(arguments: [1, 2, 3, 4] as [UInt64]) func passesAndLateVersions(_ seed: UInt64) throws {
    let world = try World(seed: seed)
    let rules: [(Ages, Ages)] = [
      (Ages(), Ages()), (Ages(versions: 2), Ages()), (Ages(versions: 1), Ages(versions: 2)),
      (Ages(unit: 2), Ages(versions: 1)), (Ages(unit: 1, versions: 0), Ages(unit: 2)),
      (Ages(unit: 0), Ages(unit: 0, versions: 0)), (Ages(unit: 0, versions: 0), Ages(unit: 0, versions: 0)),
    ]
    for (notes, others) in rules {
      try world.append(world.maker.batch(30))
      try world.append(world.maker.batch(30))
      // Some are in memory only: they stay, and so do their units.
      try world.append(world.maker.batch(10), flush: false)
      try world.check()
      try world.expire(notes, others)
      try world.check()
      if world.random.oneIn(2) { try world.flush() }
      try world.expire(notes, others, by: Engine.openReader(world.environment, path: "/store", identity: Self.identity))
      try world.check()
      // Whatever expired is known.
      let again = try world.append(Array(world.sent.suffix(60)))
      #expect(again.stored == 0 && again.conflicts.isEmpty)
      if world.random.oneIn(2) { while try world.partition.compact() {} }
      if world.random.oneIn(3) {
        var warm = WarmPass(
          world.partition,
          AgeingMoment(AgeingRules([], rest: AgeingRule(warmAfter: Age(days: 1)), warmLevel: 1), at: Self.now))
        while try warm.next() != nil {}
      }
      try world.check()
    }
    #expect(world.model.expiredUnits.count > 100)
    #expect(try world.append(world.sent).duplicates == world.sent.count)
    // Their number stays bounded.
    #expect(try world.manifest.expiredUnitKeys.count <= 5)
  }

  /// What was replaced or deleted never comes back, wherever its versions lie.
  @Test func theNewestLeavesNothingBehind() throws {
    let world = try World(seed: 5)
    try world.append([world.unit("gone", 9, "note"), world.unit("kept", 9), world.unit("old", 30)])
    try world.append([world.unit("gone", 3, isDeleted: true), world.unit("kept", 3, isDeleted: true)])
    // Older than the one that says it was deleted, and only in memory.
    try world.append([world.unit("kept", 5)], flush: false)
    let before = try world.manifest
    try world.expire(Ages(), Ages(unit: 20, versions: 2))
    try world.check()
    let left = world.model.units.values.map { "\($0.unit.muid) \($0.unit.isDeleted)" }.sorted()
    // The rule of the note itself would keep it for ever.
    #expect(left == ["kept false", "kept true"])
    #expect(try world.manifest.unitSegments.count == 1 && before.unitSegments.count == 2)
    try world.flush()
    try world.expire(Ages(), Ages(unit: 20, versions: 2))
    try world.check()
    #expect(world.model.units.isEmpty && world.model.expiredUnits.count == 6)
    #expect(try world.manifest.unitSegments == [] && world.manifest.expiredUnitKeys.map(\.keys) == [6])
    // Another version of a unit that is gone is all there is of it.
    try world.append([world.unit("gone", 6, content: "late"), world.unit("gone", 9, content: "other")])
    #expect(world.model.units.count == 1)
    try world.check()
    try world.expire(Ages(), Ages(versions: 2))
    #expect(world.model.units.count == 1)
    try world.expire(Ages(), Ages(unit: 2))
    try world.check()
    #expect(world.model.units.isEmpty)
  }

  /// A version that another thread flushes meanwhile is not lost, and the unit stays.
  @Test func aFlushMeanwhile() throws {
    let world = try World(seed: 7)
    try world.append([world.unit("a", 9), world.unit("b", 9), world.unit("b", 8)])
    try world.append([world.unit("a", 1)], flush: false)
    var pass = UnitExpiryPass(world.partition, World.moment(Ages(), Ages(unit: 2, versions: 10)))
    var isFlushed = false
    let move = try pass.next { (_) throws(StoreError) in
      if !isFlushed {
        isFlushed = true
        _ = world.partition.freeze()
        try world.engine.flushFrozen(0)
      }
      return true
    }
    #expect(isFlushed && move?.rows == 2)
    world.model.expire(Set(world.model.units.keys.filter { $0.muid == Array("b".utf8) }))
    #expect(world.model.units.count == 2)
    try world.check()
  }

  @Test func givingUpLeavesEverything() throws {
    let world = try World(seed: 9)
    for _ in 0..<3 { try world.append(world.maker.batch(60)) }
    let names = try world.disk.list("/store/partitions/00").filter { !$0.hasSuffix(".lock") }
    for last in 0..<3 {
      var asked = 0
      var pass = UnitExpiryPass(world.partition, World.moment(Ages(unit: 1), Ages(versions: 1)))
      let move = try pass.next { _ in
        asked += 1
        return asked <= last
      }
      #expect(move == nil)
      #expect(try world.disk.list("/store/partitions/00").filter { !$0.hasSuffix(".lock") } == names)
    }
    try world.check()
  }

  /// Files keep their tier, level and place; of what went nothing is in the dictionary of those that were written anew.
  @Test func nothingIsLeftOfContents() throws {
    let world = try World(seed: 11)
    let secret = (0..<40).map { "the secret of unit \($0) is nobody's business" }.joined(separator: " ")
    let plain = (0..<40).map { "what everybody may know of unit \($0)" }.joined(separator: " ")
    var units: [MemoryUnit] = []
    for index in 0..<400 {
      units.append(world.unit("u\(index)", 9, content: "\(index * 31) \(secret)"))
      units.append(world.unit("u\(index)", 1, content: "\(index * 37) \(plain)"))
    }
    try world.append(units)
    let warm = AgeingRules([], rest: AgeingRule(warmAfter: Age(days: 1)), warmLevel: 3)
    var pass = WarmPass(world.partition, AgeingMoment(warm, at: Self.now))
    while try pass.next() != nil {}
    try world.append([world.unit("u1", 0)])
    let before = try world.manifest.unitSegments
    #expect(before.map(\.tier) == [.warm, .hot])
    #expect(try world.expire(Ages(), Ages(versions: 5))?.rows == 400)
    let after = try world.manifest.unitSegments
    #expect(after.map(\.tier) == [.warm, .hot] && after[0].level == before[0].level && after[1] == before[1])
    try world.check()
    let file = try world.disk.read("/store/partitions/00/" + StoreLayout.name(of: after[0]))
    let needle = Array("nobody's".utf8)
    #expect(!(0..<(file.count - needle.count)).contains { Array(file[$0..<($0 + needle.count)]) == needle })
  }

  /// A stored version whose key is among the expired ones is one too many, and so is a key that is there twice.
  @Test func contradictionsAreFound() throws {
    let world = try World(seed: 13)
    try world.append(world.maker.batch(80))
    let before = Set(world.model.units.keys)
    try world.expire(Ages(versions: 1), Ages(unit: 0, versions: 0))
    let gone = before.subtracting(world.model.units.keys)
    let files = try world.partition.view().files
    var memtable = Memtable()
    let versions = try world.sent.filter { gone.contains(ModelStore.UnitKey($0)) }.map {
      try UnitVersion($0).committed(at: 100)
    }
    #expect(versions.count == gone.count && gone.count > 20)
    memtable.append(versions, hashSeed: Self.identity.hashSeed, sequence: 100)
    let seed = Self.identity.hashSeed
    var audit = PartitionAudit(
      PartitionView(files: files, memtables: [memtable], hashSeed: seed), identity: Self.identity)
    try audit.run()
    #expect(audit.repeatedUnits == gone.count)
    #expect(try ExpiredKeyMerge.repeated(files.expiredUnitKeys + files.expiredUnitKeys) == gone.count)
  }
}
