package import StorageIO
@_exported public import StoreEngine
import Synchronization

/// A growth store: takes in growth events durably and exactly once, and answers exact growth at once.
///
/// ```swift
/// let store = try await GrowthStore.open("growth", options: options)
/// let receipt = try await store.append([event])
/// let growth = try await store.growth(user: "ada", entity: "swift")
/// try await store.close()
/// ```
///
/// All methods may be called from any task; none of them blocks the cooperative pool. One process at a time appends; any
/// number of processes read beside it. Every acknowledged event is in every later read, in every process.
///
/// A task that is cancelled still hears what became of its append, and a stream of rows goes on until nobody asks for more, so that
/// nobody takes a part of an answer for all of it. Maintenance ends at its next step.
public final class GrowthStore: Sendable {
  public let path: String
  public let options: StoreOptions

  let engine: Engine
  let file: StoreFile
  let readQueue = BlockingQueue(label: "growthring.read", concurrent: true)
  let maintenance: MaintenanceLoop
  let appends: AppendQueue
  let jobs: MaintenanceJobs
  let files: FileWatch
  let searchIndexes: SearchIndexes
  let indexFiller: IndexFiller
  private let timer = MaintenanceTimer()
  let pooledRows = GrowthRowsPool()
  private let pooledBatches = EventBatchPool()
  private let state: Mutex<State>
  private let isClosed = Atomic(false)
  /// Opens when the store is given up.
  private let isGivenUp = Gate()

  private struct State {
    var model: GrowthModel
    var door: Door
  }

  /// A class, since every append takes a reference, and a checker is many.
  private final class Door: Sendable {
    let checker: EventChecker

    init(_ model: GrowthModel) { checker = EventChecker(model) }
  }

  private init(
    path: String, options: StoreOptions, engine: Engine, file: StoreFile, model: GrowthModel
  ) {
    self.path = path
    self.options = options
    self.engine = engine
    self.file = file
    maintenance = MaintenanceLoop(
      engine: engine, memtableBytes: engine.options.memtableBytes, compacts: options.compactsInBackground,
      lanes: options.lanes, mergingLanes: options.mergingLanes)
    appends = AppendQueue(engine: engine, sync: options.durability == .synced, maintenance: maintenance)
    searchIndexes = SearchIndexes(engine)
    indexFiller = IndexFiller(engine: engine, indexes: searchIndexes)
    jobs = MaintenanceJobs(JobFolder(layout: file.layout, environment: engine.environment))
    files = FileWatch(engine)
    state = Mutex(State(model: model, door: Door(model)))
  }

  // MARK: Opening and closing

  /// Creates an empty store.
  ///
  /// - Throws: `alreadyExists` where a store is; `locked` where another process is just creating it; `invalidArgument` for a
  ///   number of partitions that is no power of two.
  public static func create(_ path: String, options: StoreOptions = StoreOptions()) async throws(StoreError) {
    try await opening.run { () throws(StoreError) in try create(path, options: options, environment: .posix) }
  }

  /// Opens a store. Takes milliseconds at any size after a clean close; after a crash the log is replayed first.
  ///
  /// - Throws: `notFound` where no store is, `locked` where another process appends, `corruption`, `unsupportedVersion`.
  public static func open(
    _ path: String, options: StoreOptions = StoreOptions()
  ) async throws(StoreError) -> GrowthStore {
    try await opening.run { () throws(StoreError) in try open(path, options: options, environment: .posix) }
  }

  private static let opening = BlockingQueue(label: "growthring.open", concurrent: true)

  /// The same through any environment, for tests.
  package static func create(
    _ path: String, options: StoreOptions, environment: StorageEnvironment
  ) throws(StoreError) {
    guard StoreIdentity.isAllowed(partitions: options.partitions) else {
      throw StoreError(.invalidArgument, "\(options.partitions) partitions; a power of two from 1 to 4096 is needed")
    }
    let file = StoreFile(layout: StoreLayout(root: path), environment: environment)
    let isThere = StoreError(.alreadyExists, file: path, "a store is here already")
    if try file.exists() { throw isThere }
    // Each of two that create the same store would choose a seed. The second one must not put his in the place of the first
    // one's, which events may have been stored by: so this takes the right to append, and looks again.
    try Engine.prepareRoot(file.layout, environment: environment)
    let lock = try onDisk { () throws(DiskError) in try environment.disk.tryLock(file.layout.appendLock) }
    guard let lock else {
      throw StoreError(.locked, file: file.layout.appendLock, "another process creates this store, or appends to it")
    }
    defer { lock.release() }
    if try file.exists() { throw isThere }
    try Engine.prepareFolders(file.layout, partitions: options.partitions, environment: environment)
    try file.write(options.model)
    try file.write(
      StoreIdentity(
        partitions: options.partitions, hashSeed: environment.entropy.next(),
        createdAt: Timestamp(microseconds: environment.clock.now())))
  }

  package static func open(
    _ path: String, options: StoreOptions, environment: StorageEnvironment
  ) throws(StoreError) -> GrowthStore {
    let file = StoreFile(layout: StoreLayout(root: path), environment: environment)
    if options.createIfMissing, try !file.exists() {
      do throws(StoreError) {
        try create(path, options: options, environment: environment)
      } catch  where error.kind == .alreadyExists {
        // Where somebody else was faster, his store is the one.
        if try !file.exists() { throw error }
      }
    }
    file.expect()
    let identity = try file.readIdentity()
    let model = try file.readModel()
    let policy = try file.readPolicy()
    var engineOptions = options.engineOptions
    engineOptions.archiveFolder = policy.archive.folder.map { $0.hasPrefix("/") ? $0 : path + "/" + $0 }
    engineOptions.unitArchiveFolder = policy.archive.unitsFolder.map { $0.hasPrefix("/") ? $0 : path + "/" + $0 }
    let engine =
      switch options.access {
      case .readWrite:
        try openWriter(environment, file.layout, identity, engineOptions)
      case .readOnly:
        try Engine.openReader(environment, path: path, identity: identity, options: engineOptions)
      }
    engine.setAgeing(policy.engineRules)
    let store = GrowthStore(path: path, options: options, engine: engine, file: file, model: model)
    if options.access == .readWrite { store.files.begin() }
    if options.runsSchedule { store.timer.begin(store) }
    return store
  }

  /// Opens the engine for appending. Maintenance of another process takes the right to append while it writes to files what a
  /// crash has left in the log; that is waited for.
  private static func openWriter(
    _ environment: StorageEnvironment, _ layout: StoreLayout, _ identity: StoreIdentity, _ options: EngineOptions
  ) throws(StoreError) -> Engine {
    let jobs = JobFolder(layout: layout, environment: environment)
    for _ in 0..<mostWaits {
      do throws(StoreError) {
        return try Engine.openWriter(environment, path: layout.root, identity: identity, options: options)
      } catch  where error.kind == .locked {
        // Where it was just done, the next try succeeds.
        guard let job = try jobs.newest(1).first, job.isRunning, let step = job.steps.last, step.step == .flush,
          step.endedAt == nil
        else { break }
        Throttle.sleep(20_000)
      }
    }
    return try Engine.openWriter(environment, path: layout.root, identity: identity, options: options)
  }

  /// A minute.
  private static let mostWaits = 3_000

  /// Completes the appends under way, writes what is in memory, so that the next open is fast, and gives up the store.
  ///
  /// Whoever closes a store that somebody else is closing waits for that, and may open it again afterwards.
  ///
  /// - Throws: what went wrong in the background or while writing. The store is closed all the same, and nothing
  ///   acknowledged is lost: it is in the log.
  public func close() async throws(StoreError) {
    if isClosed.exchange(true, ordering: .acquiringAndReleasing) {
      await isGivenUp.wait()
      return
    }
    defer { isGivenUp.open() }
    appends.close()
    maintenance.stopSettling()
    files.stop()
    timer.stop()
    indexFiller.stop()
    await jobs.stop()
    defer { engine.close() }
    searchIndexes.close()
    if options.access == .readWrite {
      try await flushEverything()
      try await appends.between { () throws(StoreError) in try self.engine.endLog() }
    }
  }

  // MARK: Appending

  /// Appends a batch. When it returns, the events are on the disk (unless the store is `buffered`) and in every read.
  ///
  /// Appends of many tasks share syncs. Sending a batch again is safe: what is stored already is counted as duplicate.
  /// Events without an id get a fresh UUIDv7, and sending them again stores them again.
  ///
  /// - Throws: `rejected` in strict mode; `invalidArgument` for a batch above 1,048,576 events or 256 MiB; `noSpace`,
  ///   `io`, `closed`: none of the batch was acknowledged.
  public func append(_ batch: EventBatch, mode: AppendMode = .strict) async throws(StoreError) -> AppendReceipt {
    try checkAppending()
    let door = state.withLock { $0.door }
    let violations = door.checker.check(batch).map { $0.rejection() }
    guard !violations.isEmpty else { return AppendReceipt(try await appends.append(batch), rejections: []) }
    if mode == .strict {
      throw StoreError(
        .rejected, "\(violations.count) of \(batch.count) events were refused; first \(violations[0])",
        rejections: violations)
    }
    let refused = Set(violations.map(\.row))
    let rows = (0..<UInt32(batch.count)).filter { !refused.contains(Int($0)) }
    var receipt = AppendReceipt(try await appends.append(batch.gather(rows)), rejections: [], rows: rows)
    receipt.rejections = (receipt.rejections + violations).sorted { $0.row < $1.row }
    return receipt
  }

  /// Appends rows: the convenient form.
  public func append(_ events: [GrowthEvent], mode: AppendMode = .strict) async throws(StoreError) -> AppendReceipt {
    let (batch, rows, rejections) = columns(of: events)
    if let first = rejections.first, mode == .strict {
      throw StoreError(
        .rejected, "\(rejections.count) of \(events.count) events were refused; first \(first)", rejections: rejections)
    }
    var receipt = try await append(batch, mode: mode)
    pooledBatches.give(batch)
    for index in receipt.rejections.indices {
      receipt.rejections[index].row = Int(rows[receipt.rejections[index].row])
    }
    if !rejections.isEmpty { receipt.rejections = (receipt.rejections + rejections).sorted { $0.row < $1.row } }
    return receipt
  }

  /// The events that are well formed, with their rows, and why the others are not.
  private func columns(of events: [GrowthEvent]) -> (EventBatch, rows: [UInt32], rejections: [EventRejection]) {
    var batch = pooledBatches.take()
    var rejections: [EventRejection] = []
    var rows: [UInt32] = []
    for (row, event) in events.enumerated() {
      do throws(EventRejection) {
        try batch.append(event)
        rows.append(UInt32(row))
      } catch {
        var rejection = error
        rejection.row = row
        rejections.append(rejection)
      }
    }
    return (batch, rows, rejections)
  }

  // MARK: Maintenance

  /// Writes everything in memory to segments and runs. Nothing has to call it: memory is written out as it fills.
  public func flush() async throws(StoreError) {
    try checkOpen()
    try await flushEverything()
  }

  /// Merges segments and runs: what a store at rest comes to by itself, few files in each partition, or everything. Works
  /// beside a writer and readers, also from another process that opened the store read-only. Returns whether anything was
  /// merged.
  @discardableResult
  public func compact(everything: Bool = false) async throws(StoreError) -> Bool {
    try checkOpen()
    return try await maintenance.compactAll(everything ? .everything : .settled)
  }

  func flushEverything() async throws(StoreError) {
    // There may be room again since the background found the disk full.
    maintenance.retryIfFull()
    // Twice: what is frozen already goes first, then what came after.
    for _ in 0..<2 {
      try await appends.between { () throws(StoreError) in self.maintenance.freezeAll() }
      try await maintenance.after { () throws(StoreError) in }
    }
    if let failure = maintenance.failure { throw failure }
    try await maintenance.after { () throws(StoreError) in try self.engine.trimLog() }
  }

  // MARK: Growth model

  /// The growth model in force.
  public var model: GrowthModel { state.withLock { $0.model } }

  /// Puts another growth model in force: for appends from now on, and for states at the next read. Stored events stay.
  public func apply(model: GrowthModel) async throws(StoreError) {
    try checkOpen()
    // In one step, so that of two that are applied at the same time the same one is in the file and in force.
    try await maintenance.after { () throws(StoreError) in
      try self.file.write(model)
      self.state.withLock { state in
        state.model = model
        state.door = Door(model)
      }
    }
  }

  /// - Throws: `closed`, or `invalidArgument` where the store was opened for reading: opening it again in the same way would not
  ///   help.
  func checkAppending() throws(StoreError) {
    try checkOpen()
    if options.access == .readOnly {
      throw StoreError(.invalidArgument, file: path, "the store was opened for reading only")
    }
  }

  func checkOpen() throws(StoreError) {
    if isClosed.load(ordering: .acquiring) { throw StoreError(.closed, file: path, "the store was closed") }
  }
}

extension AppendReceipt {
  /// `rows` translates rows of what was committed into rows of what was given.
  init(_ receipt: CommitReceipt, rejections: [EventRejection], rows: [UInt32]? = nil) {
    let conflicts = receipt.conflicts.map { row in
      EventRejection(row: rows.map { Int($0[row]) } ?? row, reason: .conflict)
    }
    self.init(
      sequence: receipt.sequence, stored: receipt.stored, duplicates: receipt.duplicates,
      rejections: rejections + conflicts)
  }
}
