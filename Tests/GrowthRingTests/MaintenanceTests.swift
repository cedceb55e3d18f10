import StorageIO
import StoreEngine
import Synchronization
import Testing

@testable import GrowthRing

/// Maintenance of a whole store, and its records, on the simulated disk.
@Suite struct MaintenanceTests {
  private static let day: Int64 = 86_400_000_000
  private static let now: Int64 = 1_767_225_600_000_000

  private let world: SimulatedEnvironment
  private let clock = SimulatedClock(start: now, step: 1)

  init() {
    world = SimulatedEnvironment(
      disk: SimulatedDisk(seed: 1), clock: clock, entropy: SimulatedEntropy(seed: 1))
  }

  private func open(_ access: StoreOptions.Access = .readWrite, compacts: Bool = true) throws -> GrowthStore {
    var options = StoreOptions()
    options.compactsInBackground = compacts
    options.createIfMissing = access == .readWrite
    options.partitions = 2
    options.access = access
    return try GrowthStore.open("store", options: options, environment: world.environment)
  }

  private func fill(_ store: GrowthStore, ages: ClosedRange<Int>) async throws {
    let events = ages.map { age in
      GrowthEvent(
        user: "u\(age % 7)", entity: "e\(age)", entityType: "skill", dimension: "self_know",
        delta: Delta(millionths: 5), createdAt: Timestamp(microseconds: Self.now - Int64(age) * Self.day),
        metadata: #"{"text":"some text that is the same in all events, but for its number \#(age)"}"#)
    }
    _ = try await store.append(events)
  }

  @Test func doesWhatIsDueAndLeavesARecord() async throws {
    let store = try open()
    try await fill(store, ages: 91...400)
    let first = try #require(try await store.maintain())
    #expect(first.state == .done && first.cause == .command)
    #expect(first.steps.map(\.step) == [.flush, .compact, .warm, .archive, .scrub])
    // All of them, and those of more than a year once more.
    #expect(first.moved == 310 + 36)
    #expect(first.steps[2].freed > 0)
    #expect(try await store.stats().tiers.first { $0.name == "hot" }?.bytes == 0)
    // Within a day only what is always due.
    #expect(try await store.maintain()?.steps.map(\.step) == [.flush, .compact])
    clock.advance(by: Self.day - 3_600_000_000)
    #expect(try await store.maintain()?.steps.map(\.step) == [.flush, .compact, .warm, .archive])
    clock.advance(by: 30 * Self.day)
    #expect(try await store.maintain()?.steps.map(\.step) == [.flush, .compact, .warm, .archive, .scrub])
    #expect(try await store.maintain([.scrub])?.steps.map(\.step) == [.scrub])
    let jobs = try await store.maintenanceJobs()
    #expect(jobs.count == 5)
    #expect(jobs.last == first)
    #expect(jobs.map(\.startedAt) == jobs.map(\.startedAt).sorted(by: >))
    #expect(try await store.maintenanceJobs(limit: 2) == Array(jobs.prefix(2)))
    let report = try await store.verify()
    #expect(report.isSound && report.events == 310)
    try await store.close()
  }

  /// Retention as a service does it: the forecast is right, aggregates stay or go.
  @Test(arguments: [true, false]) func expires(keepsSummary: Bool) async throws {
    let store = try open()
    try await store.apply(
      policy: AgeingPolicy(
        rules: [], rest: AgeingRule(warmAfter: Age(days: 50), expireAfter: Age(days: 100), keepsSummary: keepsSummary)))
    try await fill(store, ages: 0...200)
    try await store.flush()
    let before = try await store.userGrowth(user: "u3")
    let forecast = try await store.forecast()
    let line = try #require(forecast.lines.first { $0.step == .expire })
    // The day on which an event of 100 days happened is not over for 100 days.
    #expect(line.events == 100 && line.bytes > 0)
    let job = try #require(try await store.maintain())
    #expect(job.state == .done)
    #expect(job.steps.map(\.step) == [.flush, .compact, .expire, .warm, .archive, .scrub])
    #expect(job.steps[2].moved == 100)
    #expect(job.steps[3].moved == forecast.lines.filter { $0.step == .warm }.reduce(0) { $0 + $1.events })
    let stats = try await store.stats()
    #expect(stats.events == 101 && stats.expiredEvents == 100)
    #expect((stats.sealedRuns > 0) == keepsSummary)
    let after = try await store.userGrowth(user: "u3")
    #expect((after == before) == keepsSummary)
    #expect(after.reduce(0) { $0 + $1.eventCount } == (keepsSummary ? 29 : 14))
    let report = try await store.verify()
    #expect(report.isSound && report.events == 101)
    #expect(report.expiredEvents == 100 && report.sealedEvents == (keepsSummary ? 100 : 0))
    #expect(try await store.maintain([.expire])?.moved == 0)
    try await store.close()
  }

  /// Beside a writer, from a store that was opened read-only; the writer's next reads show the same.
  @Test func besideAWriter() async throws {
    let writer = try open()
    try await fill(writer, ages: 80...130)
    try await writer.flush()
    try await fill(writer, ages: 131...140)
    let reader = try open(.readOnly)
    let job = try #require(try await reader.maintain())
    #expect(job.state == .done)
    // The writer has its log; nobody else flushes it.
    #expect(job.moved >= 40)
    #expect(try await writer.stats().events == 61)
    #expect(try await writer.verify().isSound)
    try await reader.close()
    try await writer.close()
  }

  /// A writer that appends nothing shows what another process has let expire, from its next look on.
  @Test func aWriterTakesOverWhatExpiredElsewhere() async throws {
    let writer = try open()
    try await fill(writer, ages: 0...200)
    try await writer.flush()
    #expect(try await writer.userGrowth(user: "u3").reduce(0) { $0 + $1.eventCount } == 29)
    let reader = try open(.readOnly)
    try await reader.apply(
      policy: AgeingPolicy(rules: [], rest: AgeingRule(expireAfter: Age(days: 100), keepsSummary: false)))
    #expect(try await reader.maintain([.expire])?.moved == 100)
    writer.files.look()
    #expect(try await writer.userGrowth(user: "u3").reduce(0) { $0 + $1.eventCount } == 14)
    #expect(try await writer.snapshot().eventCount == 101)
    // What has expired is a duplicate all the same, and nothing is lost of what comes meanwhile.
    try await fill(writer, ages: 150...150)
    try await fill(writer, ages: 300...309)
    #expect(try await reader.maintain([.compact, .expire])?.state == .done)
    writer.files.look()
    #expect(try await writer.snapshot().eventCount == 112)
    #expect(try await writer.verify().isSound)
    try await reader.close()
    try await writer.close()
  }

  /// Where nobody appends, what a crash left in the log goes to files.
  @Test func flushesWhatACrashLeft() async throws {
    let writer = try open()
    try await fill(writer, ages: 0...10)
    writer.engine.close()
    let reader = try open(.readOnly)
    #expect(try await reader.stats().memtableEvents == 11)
    #expect(try await reader.maintain()?.state == .done)
    #expect(try await reader.stats().memtableEvents == 0)
    #expect(try await reader.stats().events == 11)
    try await reader.close()
  }

  @Test func onlyOneAtATime() async throws {
    let store = try open()
    let lock = try #require(try store.jobs.folder.lock())
    #expect(try await store.maintain() == nil)
    lock.release()
    #expect(try await store.maintain() != nil)
    try await store.close()
  }

  /// A job that died is visible, and what it left goes with the next one.
  @Test func diedJobs() async throws {
    let store = try open()
    try await fill(store, ages: 91...120)
    try await store.flush()
    // Makes the folder.
    try store.jobs.folder.lock()?.release()
    var died = store.jobs.folder.begin(.schedule)
    died.steps = [.init(step: .warm, startedAt: died.startedAt)]
    try store.jobs.folder.write(died)
    let orphan = store.engine.layout.partitionFolder(0) + "/" + StoreLayout.segmentName(0x1234)
    let file = try world.disk.open(orphan, .create)
    try file.sync()
    try file.close()
    #expect(try await store.maintenanceJobs().first?.state == .died)
    let lock = try #require(try store.jobs.folder.lock())
    #expect(try await store.maintenanceJobs().first?.state == .running)
    lock.release()
    try await store.close()
    // By a process that does not append.
    let file2 = try world.disk.open(orphan + StoreLayout.temporarySuffix, .create)
    try file2.close()
    let reader = try open(.readOnly)
    // A run without the step that cleans up does not make the next one forget.
    #expect(try await reader.maintain([.scrub])?.state == .done)
    let job = try #require(try await reader.maintain())
    #expect(job.state == .done && job.moved == 30)
    #expect(try !world.disk.exists(orphan) && !world.disk.exists(orphan + StoreLayout.temporarySuffix))
    #expect(try await reader.maintenanceJobs().map(\.state) == [.done, .done, .died])
    try await reader.close()
  }

  @Test func scrubFindsDamage() async throws {
    let store = try open()
    try await fill(store, ages: 0...50)
    try await store.flush()
    let folder = store.engine.layout.partitionFolder(1)
    let name = try #require(try world.disk.list(folder).first { $0.hasSuffix(".seg") })
    var bytes = try world.disk.read(folder + "/" + name)
    bytes[200] ^= 1
    try world.disk.remove(folder + "/" + name)
    let file = try world.disk.open(folder + "/" + name, .create)
    try file.write(bytes, at: 0)
    try file.close()
    let job = try #require(try await store.maintain([.scrub]))
    #expect(job.state == .failed && job.isDamaged)
    #expect(job.error?.contains(name) == true)
    #expect(try await store.maintenanceJobs().first?.error == job.error)
    // It is still due.
    #expect(try await store.maintain()?.steps.last?.step == .scrub)
  }

  /// Closing a store ends its maintenance; what was begun is taken back.
  @Test func cancelling() async throws {
    let store = try open()
    try await fill(store, ages: 91...400)
    try await store.flush()
    let throttle = Throttle(bytesPerSecond: nil, clock: clock)
    throttle.cancel()
    let run = MaintenanceRun(
      engine: store.engine, folder: store.jobs.folder, policy: .standard, throttle: throttle, progress: nil,
      flushes: false, indexes: store.searchIndexes)
    let job = try #require(try run.run([.warm], .schedule))
    #expect(job.error == "interrupted" && job.state == .failed && job.moved == 0)
    #expect(try await store.maintain([.warm])?.moved == 310)
    try await store.close()
  }

  /// Asked for the time at every chunk that is written; ends the work when it was asked so often.
  private final class Alarm: WallClock {
    private struct State {
      var left: Int
      var throttle: Throttle?
    }

    private let state: Mutex<State>

    init(after count: Int) { state = Mutex(State(left: count, throttle: nil)) }

    func end(_ throttle: Throttle) { state.withLock { $0.throttle = throttle } }

    func now() -> Int64 {
      state.withLock { state in
        state.left -= 1
        if state.left == 0 { state.throttle?.cancel() }
      }
      return MaintenanceTests.now
    }
  }

  /// A job that is ended at any chunk of any step: the record says so, the store is sound, and the next job does the rest.
  @Test func cancellingAtEveryChunk() async throws {
    let policy = try AgeingPolicy(
      rules: [],
      rest: AgeingRule(warmAfter: Age(days: 50), archiveAfter: Age(days: 100), expireAfter: Age(days: 300)))
    let steps: Set<MaintenanceStep> = [.compact, .expire, .warm, .archive]
    var chunk = 0
    var isInterrupted = true
    while isInterrupted {
      chunk += 1
      // A world of its own.
      let tests = MaintenanceTests()
      let store = try tests.open(compacts: false)
      for part in 0..<3 {
        try await tests.fill(store, ages: part * 130...part * 130 + 120)
        try await store.flush()
      }
      let growth = try await store.userGrowth(user: "u3")
      let alarm = Alarm(after: chunk)
      let throttle = Throttle(bytesPerSecond: 1 << 40, clock: alarm)
      alarm.end(throttle)
      let run = MaintenanceRun(
        engine: store.engine, folder: store.jobs.folder, policy: policy, throttle: throttle, progress: nil,
        flushes: false, indexes: store.searchIndexes)
      let job = try #require(try run.run(steps, .command))
      isInterrupted = throttle.isCancelled
      #expect(job.error == (isInterrupted ? "interrupted" : nil))
      #expect(try await store.verify().isSound, "after chunk \(chunk)")
      try await store.apply(policy: policy)
      #expect(try await store.maintain(steps)?.error == nil)
      let report = try await store.verify()
      #expect(report.isSound && report.events + report.expiredEvents == 363, "after chunk \(chunk)")
      #expect(report.expiredEvents == 80)
      #expect(try await store.userGrowth(user: "u3") == growth)
      #expect(try tests.orphans(store) == [], "after chunk \(chunk)")
      try await store.close()
    }
    #expect(chunk > 20)
  }

  /// Files of partitions and of the archive that no manifest names.
  private func orphans(_ store: GrowthStore) throws -> [String] {
    var named: Set<String> = ["maintenance.lock"]
    var found: Set<String> = []
    for partition in store.engine.partitions {
      let manifest = try partition.view().files.manifest
      named.formUnion(manifest.segments.map { StoreLayout.name(of: $0) })
      named.formUnion((manifest.runs + manifest.sealedRuns).map { StoreLayout.runName($0.fileID) })
      named.formUnion(manifest.expiredKeys.map { StoreLayout.keysName($0.fileID) })
      named.insert(StoreLayout.manifestName(manifest.number))
      named.formUnion(try partition.archivedFiles().files.map(\.path))
      found.formUnion(try world.disk.list(store.engine.layout.partitionFolder(partition.number)))
    }
    let archive = ArchiveFolder(store.engine.layout.archiveFolder, disk: world.disk)
    found.formUnion(try archive.list(Archive.prefix))
    return found.subtracting(named).sorted()
  }

  @Test func theServiceKeepsToItsSchedule() async throws {
    let store = try open()
    try await fill(store, ages: 91...100)
    let timer = MaintenanceTimer()
    try await store.apply(
      policy: AgeingPolicy(
        rules: [], schedule: MaintenanceSchedule(window: MaintenanceSchedule.Window("02:00-05:00"), jitter: Age("1h")!))
    )
    await timer.look(store)
    #expect(try await store.maintenanceJobs().isEmpty, "the window is not open at midnight")
    clock.set(Self.now + 2 * 3_600_000_000)
    await timer.look(store)
    clock.set(Self.now + 3 * 3_600_000_000)
    await timer.look(store)
    let jobs = try await store.maintenanceJobs()
    #expect(jobs.count == 1 && jobs.first?.cause == .schedule && jobs.first?.moved == 10)
    await timer.look(store)
    #expect(try await store.maintenanceJobs().count == 1)
    try await store.close()
  }

  @Test func aPolicyOfTheStore() async throws {
    let store = try open()
    #expect(try store.policy() == .standard)
    let policy = try AgeingPolicy(rules: [], rest: AgeingRule(warmAfter: Age(days: 5)))
    let reader = try open(.readOnly)
    try await reader.apply(policy: policy)
    #expect(try store.policy() == policy)
    try await fill(store, ages: 0...20)
    try await store.flush()
    let forecast = try await reader.forecast()
    #expect(forecast.lines.map(\.step) == [.warm])
    #expect(forecast.lines.first?.rule == nil)
    #expect(forecast.lines.reduce(0) { $0 + $1.events } == 16 && forecast.waiting == 0)
    #expect(try await store.maintain()?.moved == 16)
    #expect(try await reader.forecast().lines.isEmpty)
    try await reader.close()
    try await store.close()
    let bytes = Array("{\"version\": 1, \"nonsense\": 2}".utf8)
    try world.disk.remove("store/policy.json")
    let file = try world.disk.open("store/policy.json", .create)
    try file.write(bytes, at: 0)
    try file.close()
    #expect(throws: StoreError.self) { try open() }
  }
}
