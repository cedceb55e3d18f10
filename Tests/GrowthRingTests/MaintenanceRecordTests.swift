import StorageIO
import StoreEngine
import Testing

@testable import GrowthRing

/// What the records of maintenance make of what is due, and what the forecast makes of the policy.
@Suite struct MaintenanceRecordTests {
  private static let day: Int64 = 86_400_000_000
  private static let now: Int64 = 1_767_225_600_000_000

  private let disk = SimulatedDisk(seed: 1)
  private let clock = SimulatedClock(start: now, step: 1)
  private let environment: StorageEnvironment

  init() { environment = StorageEnvironment(disk: disk, clock: clock, entropy: SimulatedEntropy(seed: 1)) }

  private func open() throws -> GrowthStore {
    var options = StoreOptions()
    options.compactsInBackground = false
    options.createIfMissing = true
    options.partitions = 1
    options.model = .open
    return try GrowthStore.open("store", options: options, environment: environment)
  }

  private func fill(_ store: GrowthStore, ages: some Sequence<Int>) async throws {
    let events = ages.map { age in
      GrowthEvent(
        user: "u\(age % 7)", entity: "e\(age)", entityType: "skill", dimension: "d",
        delta: Delta(millionths: 5), createdAt: Timestamp(microseconds: Self.now - Int64(age) * Self.day))
    }
    _ = try await store.append(events)
    try await store.flush()
  }

  /// A timer that comes every minute does not make a step of every month seem never to have been done.
  @Test func whatIsRareIsRemembered() async throws {
    let store = try open()
    #expect(try await store.maintain()?.steps.contains { $0.step == .scrub } == true)
    for _ in 0..<JobFolder.kept + 20 {
      clock.advance(by: 60_000_000)
      var job = store.jobs.folder.begin(.command)
      job.steps = [.init(step: .flush, startedAt: job.startedAt, endedAt: job.startedAt)]
      job.endedAt = job.startedAt
      try store.jobs.folder.write(job)
    }
    #expect(try await store.maintain()?.steps.map(\.step) == [.flush, .compact])
    #expect(try await store.maintain()?.steps.map(\.step) == [.flush, .compact])
    // The newest, and the first one, for its long steps.
    #expect(try await store.maintenanceJobs().count == JobFolder.kept + 1)
    clock.advance(by: 31 * Self.day)
    #expect(try await store.maintain()?.steps.contains { $0.step == .scrub } == true)
    #expect(try await store.maintenanceJobs().count == JobFolder.kept)
    try await store.close()
  }

  /// A step that was given up is due again, however much of it was done.
  @Test func whatWasInterruptedIsStillDue() async throws {
    let store = try open()
    try await fill(store, ages: 0...50)
    let throttle = Throttle(bytesPerSecond: nil, clock: clock)
    let run = MaintenanceRun(
      engine: store.engine, folder: store.jobs.folder, policy: .standard, throttle: throttle,
      progress: { progress in if progress.step == .scrub { throttle.cancel() } }, flushes: false,
      indexes: store.searchIndexes)
    let job = try #require(try run.run(nil, .schedule))
    #expect(job.error == "interrupted" && job.state == .failed)
    #expect(job.steps.last?.step == .scrub && job.steps.last?.error == "interrupted")
    #expect(job.steps.dropLast().allSatisfy { $0.error == nil })
    #expect(try await store.maintain()?.steps.map(\.step) == [.flush, .compact, .scrub])
    #expect(try await store.maintain()?.steps.map(\.step) == [.flush, .compact])
    try await store.close()
  }

  /// What fails is tried again, but not every minute.
  @Test func aFailureIsNotRepeatedEveryMinute() async throws {
    let store = try open()
    try await fill(store, ages: 0...10)
    let folder = store.engine.layout.partitionFolder(0)
    let name = try #require(try disk.list(folder).first { $0.hasSuffix(".seg") })
    let bytes = try disk.read(folder + "/" + name)
    func put(_ bytes: [UInt8]) throws {
      try disk.remove(folder + "/" + name)
      let file = try disk.open(folder + "/" + name, .create)
      try file.write(bytes, at: 0)
      try file.close()
    }
    var damaged = bytes
    damaged[200] ^= 1
    try put(damaged)
    let timer = MaintenanceTimer()
    for _ in 0..<60 {
      await timer.look(store)
      clock.advance(by: 60_000_000)
    }
    #expect(try await store.maintenanceJobs().map(\.state) == [.failed])
    for _ in 0..<60 {
      await timer.look(store)
      clock.advance(by: 60_000_000)
    }
    #expect(try await store.maintenanceJobs().map(\.state) == [.failed, .failed])
    try put(bytes)
    for _ in 0..<120 {
      await timer.look(store)
      clock.advance(by: 60_000_000)
    }
    #expect(try await store.maintenanceJobs().map(\.state) == [.done, .failed, .failed])
    try await store.close()
  }

  /// Records that have an end are read once: nobody changes them any more.
  @Test func endedRecordsAreReadOnce() async throws {
    let store = try open()
    let job = try #require(try await store.maintain([.scrub]))
    #expect(try await store.maintenanceJobs() == [job])
    let path = "store/jobs/\(job.name).json"
    try disk.truncateForTest(path: path, to: 0)
    #expect(try await store.maintenanceJobs() == [job])
    // Whether it is there is looked at every time.
    try disk.remove(path)
    #expect(try await store.maintenanceJobs() == [])
    try await store.close()
  }

  // MARK: A full disk

  /// Without room for its record maintenance does what it can, and says that there is none.
  @Test func fullDisks() async throws {
    let store = try open()
    try await fill(store, ages: 0...10)
    #expect(try await store.maintain([.scrub])?.recordFailure == nil)
    let names = try disk.list("store/jobs")
    disk.capacity = disk.usedBytes
    let job = try #require(try await store.maintain([.scrub]))
    #expect(job.state == .done && job.recordFailure?.contains("noSpace") == true, "\(job)")
    #expect(try disk.list("store/jobs") == names)
    // Room that comes while it is at work is used.
    disk.capacity = nil
    #expect(try await store.maintain([.scrub])?.recordFailure == nil)
    #expect(try await store.maintenanceJobs().count == 2)
    try await store.close()
  }

  /// What found the disk full is told apart from other failures, and names the file once.
  @Test func fullDiskIsTold() async throws {
    let store = try open()
    try await fill(store, ages: 91...400)
    disk.capacity = disk.usedBytes + 1_000
    let job = try #require(try await store.maintain([.archive]))
    #expect(job.state == .failed && job.errorKind == .noSpace && !job.isDamaged, "\(job)")
    let words = try #require(job.error).split(separator: " ")
    #expect(words.count { $0.contains("store/") } == 1, "\(words)")
    // A policy for which there is no room leaves nothing behind, and the one before stays in force.
    let policy = try store.policy()
    disk.capacity = disk.usedBytes + 10
    var settings = ArchiveSettings()
    settings.profile = .compact
    let other = try AgeingPolicy(rules: [], archive: settings)
    await #expect(throws: StoreError.self) { try await store.apply(policy: other) }
    #expect(try disk.list("store").filter { $0.hasSuffix(".tmp") } == [])
    disk.capacity = nil
    #expect(try store.policy() == policy)
    try await store.apply(policy: other)
    #expect(try store.policy() == other)
    try await store.close()
  }

  /// What a job that died has left goes, although there is no room for a record at first; and a step that finds the disk full
  /// does not keep the others from their work.
  @Test func maintenanceMakesRoom() async throws {
    var hasMadeRoom = 0
    for room in stride(from: 0, to: 700, by: 25) {
      let tests = MaintenanceRecordTests()
      let (disk, store) = (tests.disk, try tests.open())
      try await tests.fill(store, ages: 0...10)
      try await store.maintain([.scrub])
      var died = store.jobs.folder.begin(.schedule)
      died.steps = [.init(step: .warm, startedAt: died.startedAt)]
      try store.jobs.folder.write(died)
      try await store.close()
      let orphan = store.engine.layout.partitionFolder(0) + "/" + StoreLayout.segmentName(0x1234)
      let file = try disk.open(orphan, .create)
      try file.write([UInt8](repeating: 7, count: 50_000), at: 0)
      try file.close()
      var options = StoreOptions()
      options.access = .readOnly
      let reader = try GrowthStore.open("store", options: options, environment: tests.environment)
      disk.capacity = disk.usedBytes + room
      let job = try #require(try await reader.maintain())
      #expect(job.steps.map(\.step).contains(.compact), "\(room): \(job)")
      if try !disk.exists(orphan) {
        hasMadeRoom += 1
        #expect(job.state == .done && job.recordFailure == nil, "\(room): \(job)")
        #expect(try await reader.maintenanceJobs().first == job)
      } else {
        #expect(job.state == .failed && job.recordFailure != nil, "\(room): \(job)")
      }
      disk.capacity = nil
      #expect(try await reader.maintain()?.state == .done)
      #expect(try !disk.exists(orphan))
      #expect(try await reader.verify().isSound)
      try await reader.close()
    }
    #expect(hasMadeRoom > 0)
  }

  // MARK: Forecasts

  /// What only the log holds yet is counted apart.
  @Test func whatIsNotInFilesYetIsTold() async throws {
    let store = try open()
    let events = (0..<40).map { age in
      GrowthEvent(
        user: "u\(age % 7)", entity: "e", entityType: "skill", dimension: "d", delta: Delta(millionths: 5),
        createdAt: Timestamp(microseconds: Self.now - Int64(age) * 10 * Self.day))
    }
    _ = try await store.append(events)
    let units = [1, 400].map { age in
      MemoryUnit(
        muid: "m\(age)", user: "ada", sourceType: "note",
        createdAt: Timestamp(microseconds: Self.now - 1_000 * Self.day),
        updatedAt: Timestamp(microseconds: Self.now - Int64(age) * Self.day))
    }
    _ = try await store.append(units)
    let forecast = try await store.forecast()
    #expect(forecast.lines == [] && forecast.unitLines == [])
    // Warm after 90 days: those of 90, 100 and so on, and a unit.
    #expect(forecast.unwritten == 42 && forecast.unwrittenOfAge == 31 + 1)
    try await store.flush()
    let later = try await store.forecast()
    #expect(later.unwritten == 0 && later.unwrittenOfAge == 0)
    #expect(later.lines.reduce(later.waiting) { $0 + $1.events } == 31)
    try await store.close()
  }

  /// Few events of a segment are of age, and one of them has been for a month: then all of them go.
  @Test func whatHasWaitedForAMonthIsForetold() async throws {
    let store = try open()
    try await fill(store, ages: Array(0...99) + [370, 380, 400])
    let forecast = try await store.forecast()
    #expect(forecast.lines.map { "\($0.step) \($0.events)" } == ["archive 3"])
    #expect(forecast.waiting == 10)
    #expect(try await store.maintain([.archive])?.moved == 3)
    try await fill(store, ages: Array(100...180) + [366, 369])
    let rest = try await store.forecast().lines.filter { $0.step == .archive }
    #expect(rest == [])
    #expect(try await store.maintain([.archive])?.moved == 0)
    try await store.close()
  }

  /// The same of memory units, and those of months that are held stay.
  @Test func unitsThatAreHeldAreNotForetold() async throws {
    let store = try open()
    let units = (Array(0...60) + [370, 400, 410]).map { age in
      var unit = MemoryUnit(
        muid: "m\(age)", user: "ada", sourceType: "note",
        createdAt: Timestamp(microseconds: Self.now - 1_000 * Self.day),
        updatedAt: Timestamp(microseconds: Self.now - Int64(age) * Self.day))
      unit.content = "text \(age)"
      return unit
    }
    _ = try await store.append(units)
    try await store.flush()
    func archived() async throws -> [Int] {
      try await store.forecast().unitLines.filter { $0.step == .archive }.map(\.versions)
    }
    #expect(try await archived() == [3])
    // 2024-11: those of 400 and 410 days.
    try await store.apply(policy: AgeingPolicy(rules: [], archive: ArchiveSettings(heldMonths: ["2024-11"])))
    #expect(try await archived() == [])
    #expect(try await store.maintain([.archive])?.moved == 0)
    try await store.apply(policy: AgeingPolicy(rules: []))
    #expect(try await store.maintain([.archive])?.moved == 3)
    #expect(try await archived() == [])
    try await store.close()
  }
}
