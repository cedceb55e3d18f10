import StorageIO
import StoreEngine
import TestSupport
import Testing

/// A commit whose last sync failed: its manifest can be read, and no later sync of the folder makes it durable.
@Suite struct DoubtfulManifestTests {
  private static let folder = StoreLayout(root: SmallStore.path).partitionFolder(0)

  /// When all events are old.
  private static let late = SmallStore.ageingTime + 400 * 86_400_000_000

  /// Five commits, each with a part for every partition, and all memtables frozen.
  private func story(_ disk: SimulatedDisk) throws -> SmallStore {
    var store = try SmallStore(disk: disk)
    for _ in 0..<5 { try store.append() }
    for partition in store.engine.partitions { _ = partition.freeze() }
    return store
  }

  /// The number of the call with which the first partition's flush makes its manifest durable.
  private func lastSync() throws -> Int {
    let disk = SimulatedDisk(seed: 1, tracing: true)
    let store = try story(disk)
    try store.engine.flushFrozen(0)
    let call = disk.trace.lastIndex { $0.hasSuffix("syncDirectory \(Self.folder)") }
    return try #require(call) + 1
  }

  /// Whether the writer goes on or is opened anew: the log goes on the strength of that manifest only once it is durable.
  @Test(arguments: [false, true]) func logIsNotTrimmedForIt(isReopened: Bool) throws {
    let call = try lastSync()
    for seed in UInt64(0)..<12 {
      let disk = SimulatedDisk(seed: 1, tracing: true)
      var store = try story(disk)
      let logged = try disk.list(StoreLayout(root: SmallStore.path).logFolder).count
      disk.failure(atCall: call, kind: .noSpace)
      #expect(throws: StoreError.self) { try store.engine.flushFrozen(0) }
      disk.clearFaults()
      if isReopened {
        store.engine.close()
        store.engine = try SmallStore.writer(store.environment)
        _ = store.engine.partitions[1].freeze()
        try store.append()
      }
      // Of the first partition nothing else is committed that would make up for it.
      for partition in store.engine.partitions { try store.engine.flushFrozen(partition.number) }
      try store.engine.trimLog()
      #expect(try disk.list(StoreLayout(root: SmallStore.path).logFolder).count < logged, "the log was not trimmed")
      let next = disk.afterCrash(seed: seed)
      let environment = StorageEnvironment(
        disk: next, clock: SimulatedClock(), entropy: SimulatedEntropy(seed: seed + 99))
      let engine = try SmallStore.writer(environment)
      #expect(try SmallStore.problems(engine.snapshot(), store.model) == [], "seed \(seed)")
      #expect(try SmallStore.audit(engine.snapshot()) == [], "seed \(seed)")
      engine.close()
    }
  }

  /// A store that was half made is made again, whatever became of the first manifest.
  @Test func halfMadeStoreIsMadeAgain() throws {
    let layout = StoreLayout(root: SmallStore.path)
    func make(_ disk: SimulatedDisk) throws {
      let environment = StorageEnvironment(disk: disk, clock: SimulatedClock(), entropy: SimulatedEntropy(seed: 1))
      try Engine.prepareFolders(layout, partitions: SmallStore.identity.partitions, environment: environment)
    }
    let traced = SimulatedDisk(seed: 1, tracing: true)
    try make(traced)
    let call = try #require(Self.syncOfManifest(traced.trace[...]))
    for seed in UInt64(0)..<12 {
      let disk = SimulatedDisk(seed: 1, tracing: true)
      disk.failure(atCall: call, kind: .io)
      #expect(throws: StoreError.self) { try make(disk) }
      disk.clearFaults()
      try make(disk)
      let environment = StorageEnvironment(
        disk: disk.afterCrash(seed: seed), clock: SimulatedClock(), entropy: SimulatedEntropy(seed: 2))
      let engine = try SmallStore.writer(environment)
      #expect(try SmallStore.audit(engine.snapshot()) == [], "seed \(seed)")
      engine.close()
    }
  }

  /// Files of the archive whose rows were written again go only once the manifest that says so is durable.
  @Test func archivedFilesDoNotGoForIt() throws {
    func story(_ disk: SimulatedDisk) throws -> SmallStore {
      var store = try SmallStore(disk: disk)
      for _ in 0..<5 { try store.append() }
      try store.flush()
      try store.archive(at: Self.late)
      for _ in 0..<5 { try store.append() }
      try store.flush()
      return store
    }
    let traced = SimulatedDisk(seed: 1, tracing: true)
    let store = try story(traced)
    let told = traced.trace.count
    let archived = try store.engine.partitions[0].archivedFiles().files
    #expect(!archived.isEmpty)
    try store.archive(at: Self.late)
    #expect(try Set(store.engine.partitions[0].archivedFiles().files) != Set(archived), "nothing was written again")
    let call = try #require(Self.syncOfManifest(traced.trace[told...]))
    for seed in UInt64(0)..<12 {
      let disk = SimulatedDisk(seed: 1, tracing: true)
      let store = try story(disk)
      disk.failure(atCall: call, kind: .io)
      #expect(throws: StoreError.self) { try store.archive(at: Self.late) }
      disk.clearFaults()
      // For the first partition there is nothing left to do but to remove what it has written again.
      try store.archive(at: Self.late)
      let environment = StorageEnvironment(
        disk: disk.afterCrash(seed: seed), clock: SimulatedClock(), entropy: SimulatedEntropy(seed: seed + 99))
      let engine = try SmallStore.writer(environment)
      #expect(try SmallStore.problems(engine.snapshot(), store.model) == [], "seed \(seed)")
      #expect(try SmallStore.audit(engine.snapshot()) == [], "seed \(seed)")
      engine.close()
    }
  }

  /// The number of the call that makes the first partition's next manifest durable.
  private static func syncOfManifest(_ trace: ArraySlice<String>) -> Int? {
    guard let link = trace.firstIndex(where: { $0.contains(" link \(folder)/manifest-") }) else { return nil }
    return trace[link...].firstIndex { $0.hasSuffix("syncDirectory \(folder)") }.map { $0 + 1 }
  }
}
