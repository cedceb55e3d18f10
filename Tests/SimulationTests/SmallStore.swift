import GrowthRing
import StorageIO
import StoreEngine
import TestSupport
import Testing

/// A small engine on a simulated disk beside its model, for tests that go through a fixed story.
struct SmallStore {
  static let path = "/store"
  static let identity = StoreIdentity(partitions: 2, hashSeed: 42, createdAt: Timestamp(microseconds: 0))
  static let options = {
    var options = EngineOptions(
      memtableBytes: 1 << 20, logFileBytes: 600, logAheadBytes: 1_000, fanIn: 2, segmentFanIn: 2, largestSegmentRows: 12
    )
    options.archiveFormat = ParquetArchive()
    return options
  }()

  let disk: SimulatedDisk
  let environment: StorageEnvironment
  var engine: Engine
  var model = ModelStore()
  private var maker: EventMaker
  private var unitMaker: UnitMaker

  /// Beside the disk that everything is on, `other` is the one that the engine uses, where it is another.
  init(disk: SimulatedDisk = SimulatedDisk(seed: 1), other: (any Disk)? = nil, seed: UInt64 = 1) throws {
    self.disk = disk
    environment = StorageEnvironment(
      disk: other ?? disk, clock: SimulatedClock(), entropy: SimulatedEntropy(seed: seed))
    maker = EventMaker(seed: seed)
    unitMaker = UnitMaker(seed: seed)
    try Engine.prepareFolders(
      StoreLayout(root: Self.path), partitions: Self.identity.partitions, environment: environment)
    engine = try Self.writer(environment)
  }

  static func writer(_ environment: StorageEnvironment) throws -> Engine {
    try Engine.openWriter(environment, path: path, identity: identity, options: options)
  }

  static func reader(_ environment: StorageEnvironment) throws -> Engine {
    try Engine.openReader(environment, path: path, identity: identity, options: options)
  }

  /// One synced commit with an event of several users, so that every partition has a part of it.
  mutating func append(_ count: Int = 1) throws { try append(nextEvents(count)) }

  /// What the next commit would hold.
  mutating func nextEvents(_ count: Int = 1) -> [GrowthEvent] {
    var events = maker.batch(count)
    for user in EventMaker.users.prefix(4) {
      var event = maker.fresh()
      event.user = user
      events.append(event)
    }
    return events
  }

  mutating func append(_ events: [GrowthEvent], sync: Bool = true) throws {
    var batch = EventBatch()
    for event in events { try batch.append(event) }
    _ = try engine.commit([batch], sync: sync)
    var fresh: [GrowthEvent] = []
    _ = model.append(events, fresh: &fresh)
  }

  /// Versions of memory units of several users, so that every partition has a part of them.
  mutating func nextUnits(_ count: Int = 6) -> [MemoryUnit] {
    var units = unitMaker.batch(count)
    for user in EventMaker.users.prefix(4) {
      var unit = unitMaker.fresh()
      unit.user = user
      units.append(unit)
    }
    return units
  }

  mutating func append(_ units: [MemoryUnit], sync: Bool = true) throws {
    _ = try engine.commit(units: try units.map { try UnitVersion($0) }, counts: [units.count], sync: sync)
    var fresh: [MemoryUnit] = []
    _ = model.append(units, fresh: &fresh)
  }

  /// One synced commit of memory units.
  mutating func appendUnits() throws {
    let units = nextUnits()
    try append(units)
  }

  /// A commit of events, and one of memory units.
  mutating func appendBoth() throws {
    try append()
    try appendUnits()
  }

  func flush() throws {
    for number in engine.partitions.indices {
      _ = engine.partitions[number].freeze()
      try engine.flushFrozen(number)
    }
    try engine.trimLog()
  }

  func compact(_ extent: CompactionPick.Extent = .due) throws {
    for partition in engine.partitions { _ = try partition.compact(extent) }
  }

  /// Events of the first one and a half days, and all that are older, come of age.
  func warm() throws { try Self.warm(engine) }

  /// Asked by each step after every chunk that it writes; false gives up.
  typealias Proceed = (_ bytes: Int) throws(StoreError) -> Bool

  static func warm(_ engine: Engine, proceed: Proceed = { _ in true }) throws {
    let rules = AgeingRules([], rest: AgeingRule(warmAfter: Age(days: 1)), warmLevel: 1)
    let moment = AgeingMoment(rules, at: ageingTime)
    for partition in engine.partitions {
      var pass = WarmPass(partition, moment)
      while try pass.next(proceed: proceed) != nil {}
    }
  }

  /// The same events go to the archive, or those that are a day old at another time, and so do versions of memory units.
  func archive(at time: Int64 = ageingTime) throws { try Self.archive(engine, at: time) }

  static let ageingTime = SimulatedClock().now() + 5 * 43_200_000_000

  static func archive(_ engine: Engine, at time: Int64 = ageingTime, proceed: Proceed = { _ in true }) throws {
    let rules = AgeingRules(
      [], rest: AgeingRule(warmAfter: Age(days: 1), archiveAfter: Age(days: 1)), warmLevel: 1)
    let moment = AgeingMoment(rules, at: time)
    for partition in engine.partitions {
      guard let archive = partition.archive else { continue }
      var pass = ArchivePass(partition, moment, archive)
      while try pass.next(proceed: proceed) != nil {}
    }
    try engine.settleArchive()
  }

  /// The archived events and memory units of a month come back.
  func rehydrate(_ month: String) throws { try Self.rehydrate(engine, month) }

  static func rehydrate(_ engine: Engine, _ month: String, proceed: Proceed = { _ in true }) throws {
    guard let month = ArchiveMonth(month) else { return }
    for partition in engine.partitions { while try partition.rehydrate(month, proceed: proceed) != nil {} }
    try engine.settleArchive()
  }

  /// Files in the folders of partitions that no manifest names.
  static func orphans(_ engine: Engine) throws -> [String] {
    var orphans: Set<String> = []
    for partition in engine.partitions {
      let manifest = try partition.view().files.manifest
      let named =
        manifest.segments.map { StoreLayout.name(of: $0) }
        + (manifest.runs + manifest.sealedRuns).map { StoreLayout.runName($0.fileID) }
        + (manifest.expiredKeys + manifest.expiredUnitKeys).map { StoreLayout.keysName($0.fileID) }
        + manifest.unitSegments.map { StoreLayout.name(of: $0) }
        + [StoreLayout.manifestName(manifest.number), "maintenance.lock"]
      let folder = StoreLayout(root: path).partitionFolder(partition.number)
      orphans.formUnion(Set(try engine.environment.disk.list(folder)).subtracting(named))
    }
    return orphans.sorted()
  }

  /// Files of the archive that no manifest names, and what is wrong with those that one names.
  static func archiveProblems(_ engine: Engine) throws -> [String] {
    var problems: [String] = []
    var named: Set<String> = []
    var namedUnits: Set<String> = []
    for partition in engine.partitions {
      named.formUnion(try partition.archivedFiles().files.map(\.path))
      namedUnits.formUnion(try partition.archivedUnitFiles().files.map(\.path))
      for segment in try partition.view().files.segments { try segment.verify(hashSeed: identity.hashSeed) }
      for segment in try partition.view().files.unitSegments { try segment.verify(hashSeed: identity.hashSeed) }
    }
    let layout = StoreLayout(root: path)
    for (folder, named) in [(layout.archiveFolder, named), (layout.unitArchiveFolder, namedUnits)] {
      let storage = ArchiveFolder(folder, disk: engine.environment.disk)
      let found = try Set(storage.list(Archive.prefix))
      for name in found.symmetricDifference(named).sorted() {
        problems.append("named or there, but not both: \(name)")
      }
      for name in try storage.list("_delta_log") where !name.hasSuffix(".json") { problems.append("left: \(name)") }
    }
    return problems
  }

  /// What is older than the last and a half day expires: habits without a trace but their identity.
  static func expiring(_ model: ModelStore) -> ModelStore.Expiring {
    model.expiring(at: now) { (1, $0.entityType != "habit") }
  }

  private static let now = SimulatedClock().now() + 5 * 43_200_000_000

  mutating func expire() throws {
    try Self.expire(engine)
    model.expire(Self.expiring(model))
  }

  static func expire(_ engine: Engine, proceed: Proceed = { _ in true }) throws {
    let rules = AgeingRules(
      [AgeingRule(entityTypes: ["habit"], expireAfter: Age(days: 1), keepsSummary: false)],
      rest: AgeingRule(expireAfter: Age(days: 1)), warmLevel: 1)
    for partition in engine.partitions {
      var pass = ExpiryPass(partition, AgeingMoment(rules, at: now))
      while try pass.next(proceed: proceed) != nil {}
    }
  }

  /// Replaced versions that are older than the last day go, and so do notes whose newest version is; everything in files.
  mutating func expireUnits() throws {
    let gone = Self.expiringUnits(model)
    try Self.expireUnits(engine)
    model.expire(gone)
  }

  static func expiringUnits(_ model: ModelStore) -> Set<ModelStore.UnitKey> {
    model.expiringUnits(at: now, inFiles: Set(model.units.keys)) { unit in
      .init(unit: unit.sourceType == "note" ? 1 : nil, versions: 1)
    }
  }

  static func expireUnits(_ engine: Engine, proceed: Proceed = { _ in true }) throws {
    let notes = UnitAgeingRule(sourceTypes: ["note"], expireAfter: Age(days: 1), expireVersionsAfter: Age(days: 1))
    let rules = AgeingRules(
      [], rest: AgeingRule(), warmLevel: 1,
      units: UnitAgeingRules([notes], rest: UnitAgeingRule(expireVersionsAfter: Age(days: 1))))
    try engine.refresh()
    for partition in engine.partitions {
      var pass = UnitExpiryPass(partition, AgeingMoment(rules, at: now))
      while try pass.next(proceed: proceed) != nil {}
    }
  }

  /// What `verify` finds.
  static func audit(_ views: [PartitionView]) throws -> [String] {
    var problems: [String] = []
    for view in views {
      var audit = PartitionAudit(view, identity: identity)
      try audit.run()
      if audit.mismatchCount > 0 || audit.repeatedEvents > 0 || audit.repeatedUnits > 0 {
        problems.append("\(audit.mismatches), \(audit.repeatedEvents) repeated")
      }
    }
    return problems
  }

  static func problems(_ views: [PartitionView], _ model: ModelStore) throws -> [String] {
    var random = SimulationRandom(seed: 3)
    return try StoreComparison.problems(views, identity, model, &random)
  }
}
