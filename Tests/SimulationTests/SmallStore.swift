import StorageIO
import StoreEngine
import TestSupport
import Testing

/// A small engine on a simulated disk beside its model, for tests that go through a fixed story.
struct SmallStore {
  static let path = "/store"
  static let identity = StoreIdentity(partitions: 2, hashSeed: 42, createdAt: Timestamp(microseconds: 0))
  static let options = EngineOptions(
    memtableBytes: 1 << 20, logFileBytes: 600, logAheadBytes: 1_000, fanIn: 2, largestSegmentRows: 12)

  let disk: SimulatedDisk
  let environment: StorageEnvironment
  var engine: Engine
  var model = ModelStore()
  private var maker: EventMaker

  /// Beside the disk that everything is on, `other` is the one that the engine uses, where it is another.
  init(disk: SimulatedDisk = SimulatedDisk(seed: 1), other: (any Disk)? = nil, seed: UInt64 = 1) throws {
    self.disk = disk
    environment = StorageEnvironment(
      disk: other ?? disk, clock: SimulatedClock(), entropy: SimulatedEntropy(seed: seed))
    maker = EventMaker(seed: seed)
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

  func flush() throws {
    for number in engine.partitions.indices {
      _ = engine.partitions[number].freeze()
      try engine.flushFrozen(number)
    }
    try engine.trimLog()
  }

  func compact(everything: Bool = false) throws {
    for partition in engine.partitions { _ = try partition.compact(everything: everything) }
  }

  /// Events of the first one and a half days, and all that are older, come of age.
  func warm() throws { try Self.warm(engine) }

  static func warm(_ engine: Engine) throws {
    let rules = AgeingRules([], rest: AgeingRule(warmAfter: Age(days: 1)), warmLevel: 1)
    let moment = AgeingMoment(rules, at: SimulatedClock().now() + 5 * 43_200_000_000)
    for partition in engine.partitions {
      var pass = WarmPass(partition, moment)
      while try pass.next() != nil {}
    }
  }

  static func problems(_ views: [PartitionView], _ model: ModelStore) throws -> [String] {
    var random = SimulationRandom(seed: 3)
    return try StoreComparison.problems(views, identity, model, &random)
  }
}
