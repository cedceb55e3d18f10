import GrowthRing
import StorageIO
import StoreEngine

/// A store on a simulated disk under random operations and faults, beside the model of what it promised.
///
/// The promises, as they are checked here. A commit is one frame, and a frame is atomic. A synced commit that returned
/// survives everything; with it survive all commits before it. Buffered commits that returned survive the end of the
/// process; a power loss may take the last of them, never one before a commit that survives. Of the commit under way,
/// which returned nothing, all or nothing survives, and only together with all before it. What a recovery has found is
/// durable from then on.
package final class Simulation {
  package let seed: UInt64
  package let options: SimulationOptions
  var random: SimulationRandom
  var maker: EventMaker
  var unitMaker: UnitMaker
  var world: SimulatedEnvironment
  let identity: StoreIdentity
  var engine: Engine
  /// Lives as long as the machine runs, whatever the writer does.
  var reader: Engine
  /// Outlives every crash, as files would that a crash does not reach: what it covers must never get lost.
  let indexes: SearchIndexes
  /// Everything that reads must show.
  var model = ModelStore()
  /// What a power loss must leave.
  var durable = ModelStore()
  /// What each commit that returned and may be lost with the power brought, oldest first.
  var pending: [ModelStore.Frame] = []
  /// What a commit that did not return would bring.
  var inFlight = ModelStore.Frame()
  /// What may have expired in an operation that did not return.
  var expiring: ModelStore.Expiring = [:]
  var expiringUnits: Set<ModelStore.UnitKey> = []
  /// Expiry is under way, and the writer may not know of it yet.
  var isExpiring = false
  /// The log has failed: commits must be refused until the store is reopened.
  var isPoisoned = false
  /// A failure was planned that may not have come yet.
  var isFaulty = false
  var step = 0
  var operations: [String] = []
  /// Of every disk so far: what was called on it, and what it held in the end.
  var ended: [UInt64] = []
  package var statistics = SimulationStatistics()

  static let path = "/store"

  package init(seed: UInt64) throws {
    self.seed = seed
    random = SimulationRandom(seed: seed)
    options = SimulationOptions(&random)
    maker = EventMaker(seed: seed)
    unitMaker = UnitMaker(seed: seed)
    world = SimulatedEnvironment(
      disk: SimulatedDisk(seed: seed, tracing: true), clock: SimulatedClock(), entropy: SimulatedEntropy(seed: seed))
    identity = StoreIdentity(
      partitions: options.partitions, hashSeed: seed &* 0x9E37_79B9, createdAt: Timestamp(microseconds: 0))
    try Engine.prepareFolders(
      StoreLayout(root: Self.path), partitions: options.partitions, environment: world.environment)
    engine = try Engine.openWriter(world.environment, path: Self.path, identity: identity, options: options.engine)
    reader = try Engine.openReader(world.environment, path: Self.path, identity: identity, options: options.engine)
    indexes = SearchIndexes(engine)
  }

  /// Runs all steps. Throws a `SimulationFailure` where a promise is broken.
  package func run() throws {
    do {
      while step < options.steps {
        step += 1
        try operate()
        statistics.steps += 1
      }
      clearFaults()
      if isPoisoned { try recover(reopening: true) }
      try check()
      try reopen(clean: random.oneIn(2))
      try check()
      if !model.units.isEmpty {
        let report = try indexes.verify(in: engine)
        if report.problemCount > 0 { throw failure("the search index: \(report.problems)") }
      }
    } catch let failure as SimulationFailure {
      throw failure
    } catch {
      throw failure("unexpected error: \(error)")
    }
    statistics.events = model.events.count
  }

  /// The same for the same seed, in every process.
  package var digest: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ value: UInt64) { hash = (hash ^ value) &* 0x100_0000_01B3 }
    for disk in ended { add(disk) }
    add(Self.digest(of: world.disk))
    for operation in operations { for byte in operation.utf8 { add(UInt64(byte)) } }
    return hash
  }

  static func digest(of disk: SimulatedDisk) -> UInt64 {
    var hash = disk.digest()
    for line in disk.trace { for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 } }
    return hash
  }

  func note(_ operation: String) { operations.append("\(step): \(operation)") }

  func failure(_ reason: String) -> SimulationFailure {
    SimulationFailure(seed: seed, step: step, reason: reason, operations: operations)
  }

  /// Compares the whole store with the model.
  func check() throws {
    let problems = try StoreComparison.problems(engine.snapshot(), identity, model, &random)
    if !problems.isEmpty { throw failure("the writer shows\n" + problems.joined(separator: "\n")) }
    if !model.expired.isEmpty || !model.units.isEmpty || !model.expiredUnits.isEmpty { try verify() }
    try search(engine, "the writer")
    statistics.checks += 1
  }

  /// Compares searches with a look into every unit of the model.
  private func search(_ engine: Engine, _ name: String) throws {
    if model.units.isEmpty { return }
    let problems = try StoreComparison.searchProblems(indexes, engine, model, &random)
    if !problems.isEmpty { throw failure("\(name) finds\n" + problems.joined(separator: "\n")) }
    statistics.searches += 1
  }

  /// Once events have expired, `verify` has more to prove.
  private func verify() throws {
    var (expired, sealed, units) = (0, 0, 0)
    for view in try engine.snapshot() {
      var audit = PartitionAudit(view, identity: identity)
      try audit.run(rowsPerRound: 20)
      if audit.mismatchCount > 0 { throw failure("verify finds \(audit.mismatches)") }
      if audit.repeatedUnits > 0 { throw failure("verify finds \(audit.repeatedUnits) versions more than once") }
      if audit.repeatedEvents > 0 { throw failure("verify finds \(audit.repeatedEvents) events more than once") }
      expired += audit.expiredEvents
      sealed += audit.sealedEvents
      units += audit.expiredUnits
    }
    if units != model.expiredUnits.count {
      throw failure("\(units) versions of units have expired, not \(model.expiredUnits.count)")
    }
    if expired != model.expired.count || sealed != model.sealed.count {
      throw failure("\(expired) expired, \(sealed) sealed, not \(model.expired.count) and \(model.sealed.count)")
    }
  }

  /// Compares what a reader sees, by the reader that lives on or a new one.
  func checkReader() throws {
    let reader =
      random.oneIn(2)
      ? try Engine.openReader(world.environment, path: Self.path, identity: identity, options: options.engine)
      : self.reader
    let views = try reader.refreshedSnapshot()
    let problems = try StoreComparison.problems(views, identity, model, &random)
    if !problems.isEmpty { throw failure("a reader shows\n" + problems.joined(separator: "\n")) }
    try search(reader, "a reader")
    statistics.checks += 1
  }
}
