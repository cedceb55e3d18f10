import Columnar
import StorageIO
import StoreEngine
import Testing

@testable import GrowthRing

/// Events in the archive of a whole store, on the simulated disk.
@Suite struct ArchiveTests {
  private static let (day, now) = (AgedStore.day, AgedStore.now)
  private static let folder = "store/archive/events"

  private let aged = AgedStore()

  /// An event for each age in days.
  private static func events(_ ages: some Sequence<Int>, type: String = "skill", delta: Int64? = nil) -> [GrowthEvent] {
    ages.map { age in
      let time = Timestamp(microseconds: now - Int64(age) * day - 1)
      return GrowthEvent(
        eventID: EventID(version7At: time, random: UInt64(age) &* 77, UInt64(age)), user: "u\(age % 7)",
        entity: age % 3 == 0 ? "0190f5c8-7a31-7000-8000-0000000000\(10 + age % 80)" : "e\(age % 11)", entityType: type,
        dimension: ["self_know", "self_act"][age % 2], delta: Delta(millionths: delta ?? Int64(age) * 1_000_001),
        source: age % 2 == 0 ? "" : "app", scope: age % 5 == 0 ? "" : "org/a", createdAt: time,
        metadata: age % 4 == 0 ? "" : #"{"n":\#(age)}"#)
    }
  }

  private func content(_ store: GrowthStore) async throws -> [GrowthEvent] {
    var found: [GrowthEvent] = []
    for try await batch in try await store.sortedEvents() { found += (0..<batch.count).map { batch.event(at: $0) } }
    return found
  }

  private func months() throws -> [String] { try aged.months(in: Self.folder) }

  private func parquetFiles() throws -> [String] { try aged.parquetFiles(in: Self.folder) }

  @Test func archivedEventsStayInEveryAnswer() async throws {
    let store = try aged.open()
    let events = Self.events(0..<800)
    _ = try await store.append(events)
    try await store.flush()
    let before = try await content(store)
    let growth = try await store.growth(user: "u3")
    let history = try await store.history(user: "u3", limit: 1_000).events
    let job = try #require(try await store.maintain([.warm, .archive]))
    #expect(job.error == nil)
    // The standard policy archives after a year.
    #expect(job.steps.last?.moved == 800 - 365)
    #expect(try await content(store) == before)
    #expect(try await store.growth(user: "u3") == growth)
    #expect(try await store.history(user: "u3", limit: 1_000).events == history)
    #expect(try await store.history(user: "u3", entity: "e1", limit: 50).events.count > 3)
    let report = try await store.verify()
    #expect(report.isSound && report.events == 800)
    #expect(try months().count == 15 && parquetFiles().count == 30)
    // Nobody is let in twice, and what differs is told.
    let again = try await store.append(events)
    #expect(again.stored == 0 && again.duplicates == 800)
    var changed = events[700]
    changed.metadata = #"{"n":-1}"#
    #expect(try await store.append([changed]).rejections.map(\.reason) == [.conflict])
    try await store.close()
    let reader = try aged.open(.readOnly)
    #expect(try await content(reader) == before)
    try await reader.close()
  }

  /// What a plain reader of the folder finds, and what the table says.
  @Test func filesAreThoseOfTheTable() async throws {
    let store = try aged.open()
    for part in 0..<3 {
      _ = try await store.append(Self.events(stride(from: 400 + part, to: 700, by: 3)))
      try await store.flush()
      let job = try #require(try await store.maintain([.archive]))
      #expect(job.error == nil && job.moved == 100)
      var rows = 0
      for path in try parquetFiles() {
        rows += try ParquetEventReader(Bytes(aged.disk.read(path))).count
      }
      #expect(rows == 100 * (part + 1))
      // Files of a month were written again together, most of them, and a repetition changes nothing.
      #expect(try parquetFiles().count <= 3 * months().count)
      #expect(try aged.disk.list(Self.folder + "/_delta_log").count == part + 1)
      #expect(try await store.maintain([.archive])?.moved == 0)
      #expect(try aged.disk.list(Self.folder + "/_delta_log").count == part + 1)
    }
    let log = try aged.disk.list(Self.folder + "/_delta_log").map { name in
      try String(decoding: aged.disk.read(Self.folder + "/_delta_log/" + name), as: UTF8.self)
    }
    #expect(log[0].contains(#"{"protocol":{"minReaderVersion":1"#) && !log[1].contains("metaData"))
    var live: Set<String> = []
    for line in log.joined().split(separator: "\n") {
      guard let start = line.ranges(of: #""path":""#).first else { continue }
      let path = String(line[start.upperBound...].prefix { $0 != "\"" })
      if line.hasPrefix(#"{"add""#) {
        live.insert("store/archive/events/" + path)
      } else {
        live.remove("store/archive/events/" + path)
      }
    }
    #expect(try live == Set(parquetFiles()))
    try await store.close()
  }

  @Test func deltasThatDoNotFitStay() async throws {
    let store = try aged.open()
    _ = try await store.append(Self.events(400..<420, delta: 1_000_000_000_000_000_000))
    _ = try await store.append(Self.events(420..<440, delta: -999_999_999_999_999_999))
    try await store.flush()
    for moved in [20, 0] {
      let job = try #require(try await store.maintain([.archive]))
      #expect(job.error == nil && job.moved == moved)
    }
    #expect(try await store.verify().isSound)
    #expect(try await content(store).count == 40)
    try await store.close()
  }

  /// An event waits for others of its segment, and a month at the most.
  @Test func fewEventsWaitForOthers() async throws {
    let store = try aged.open()
    _ = try await store.append(Self.events((0..<300).map { 90 + $0 }))
    try await store.flush()
    // 25 of 300 have come of age, the oldest 24 days ago.
    #expect(try await store.maintain([.archive])?.moved == 0)
    aged.clock.advance(by: 8 * Self.day)
    let late = try #require(try await store.maintain([.archive]))
    #expect(late.error == nil && (20...33).contains(late.moved))
    try await store.close()
  }

  @Test func monthsComeBack() async throws {
    let store = try aged.open()
    _ = try await store.append(Self.events(360..<500))
    try await store.flush()
    let before = try await content(store)
    #expect(try await store.maintain([.archive])?.error == nil)
    let months = try months()
    let job = try #require(try await store.rehydrate(month: "2024-11"))
    #expect(job.error == nil && job.moved == 30 && job.steps.map(\.step) == [.rehydrate])
    #expect(try self.months().count == months.count)
    #expect(try parquetFiles().allSatisfy { !$0.contains("2024-11") })
    #expect(try await content(store) == before)
    // It is held until somebody takes it from the policy.
    #expect(try await store.maintain([.archive])?.moved == 0)
    #expect(try store.policy().archive.heldMonths == ["2024-11"])
    try await store.apply(policy: .standard)
    #expect(try await store.maintain([.archive])?.moved == 30)
    #expect(try await content(store) == before)
    #expect(try await store.verify().isSound)
    await #expect(throws: StoreError.self) { try await store.rehydrate(month: "2024-13") }
    try await store.close()
  }

  /// The schedule does not take it for archiving: that is as due as before.
  @Test func bringingBackIsNoArchiving() async throws {
    let store = try aged.open()
    _ = try await store.append(Self.events(400..<500))
    try await store.flush()
    #expect(try await store.rehydrate(month: "2024-11")?.steps.map(\.step) == [.rehydrate])
    let record = try #require(try await store.maintenanceJobs().first)
    #expect(record.steps.map(\.step) == [.rehydrate] && record.state == .done)
    #expect(try await store.maintain()?.steps.map(\.step) == [.flush, .compact, .warm, .archive, .scrub])
    #expect(try await store.maintain()?.steps.map(\.step) == [.flush, .compact])
    try await store.close()
  }

  /// Files of the archive are written again without what has expired, or go.
  @Test(arguments: [true, false]) func archivedEventsExpire(keepsSummary: Bool) async throws {
    let store = try aged.open()
    let events = Self.events(0..<800)
    _ = try await store.append(events)
    try await store.flush()
    #expect(try await store.maintain([.archive])?.moved == 800 - 365)
    let before = try await store.growth(user: "u3")
    let rest = AgeingRule(
      warmAfter: Age(days: 90), archiveAfter: Age(days: 365), expireAfter: Age(days: 600), keepsSummary: keepsSummary)
    try await store.apply(policy: AgeingPolicy(rules: [], rest: rest))
    let job = try #require(try await store.maintain([.expire]))
    // The day on which an event of 600 days happened is not over for 600 days.
    #expect(job.error == nil && job.moved == 200)
    #expect(try await content(store).count == 600)
    #expect(try parquetFiles().reduce(0) { try $0 + ParquetEventReader(Bytes(aged.disk.read($1))).count } == 600 - 365)
    #expect(try !parquetFiles().contains { $0.contains("month=2024-01") })
    let after = try await store.growth(user: "u3")
    #expect((after == before) == keepsSummary)
    var expected: [String: Int64] = [:]
    for (age, event) in events.enumerated() where event.user == "u3" && (keepsSummary || age < 600) {
      expected[event.entity + event.dimension, default: 0] += event.delta.millionths
    }
    #expect(
      Dictionary(uniqueKeysWithValues: after.map { ($0.entity + $0.dimension, Int64($0.score.millionths)) }) == expected
    )
    #expect(try await store.verify().isSound)
    #expect(try await store.append(events).duplicates == 800)
    #expect(try await store.maintain([.expire])?.moved == 0)
    try await store.close()
  }

  /// Whoever changes one byte of an archived file is found out, and the file is named.
  @Test func damageIsNamed() async throws {
    let store = try aged.open()
    _ = try await store.append(Self.events(400..<460))
    try await store.flush()
    #expect(try await store.maintain([.archive])?.error == nil)
    try await store.close()
    let path = try #require(parquetFiles().first)
    let length = try aged.disk.size(path)
    for offset in [0, 4, 100, length / 3, length / 2, length - 300, length - 9, length - 5] {
      let original = try aged.disk.read(path)
      let file = try aged.disk.open(path, .append)
      try file.write([original[offset] ^ 0x40], at: offset)
      let damaged = try aged.open(.readOnly)
      let report = try await damaged.verify()
      // Some bytes of a Parquet file mean nothing; then all rows are there.
      if report.isSound {
        #expect(report.events == 60)
      } else {
        #expect(report.damage.first?.file == path, "offset \(offset): \(report.damage)")
      }
      try await damaged.close()
      try file.write([original[offset]], at: offset)
      try file.close()
    }
    let file = try aged.disk.open(path, .append)
    try file.truncate(to: length - 1)
    let damaged = try aged.open(.readOnly)
    // What cannot even be opened is reported too.
    let damage = try await damaged.verify().damage
    #expect(damage.first?.kind == .corruption && damage.first?.file == path)
    try await damaged.close()
  }

  @Test func anotherFolderAndProfile() async throws {
    let store = try aged.open()
    try await store.apply(
      policy: AgeingPolicy(
        rules: [], archive: ArchiveSettings(profile: .compact, folder: "../cold", heldMonths: [])))
    _ = try await store.append(Self.events(400..<460))
    try await store.close()
    let again = try aged.open()
    #expect(try await again.maintain([.archive])?.moved == 60)
    #expect(try aged.disk.list("store/../cold").contains("_delta_log") && !aged.disk.exists("store/archive"))
    #expect(try await content(again).count == 60)
    try await again.close()
  }

  /// Each would take the other's files for what a crash left behind.
  @Test func folderOfAnotherStoreIsRefused() async throws {
    let policy = try AgeingPolicy(
      rules: [], archive: ArchiveSettings(profile: .compatible, folder: "/shared", heldMonths: []))
    func make(_ path: String) async throws -> GrowthStore {
      var options = StoreOptions()
      options.createIfMissing = true
      options.partitions = 2
      options.model = .open
      let store = try GrowthStore.open(path, options: options, environment: aged.environment)
      try await store.apply(policy: policy)
      _ = try await store.append(Self.events(400..<460))
      try await store.close()
      return try GrowthStore.open(path, options: options, environment: aged.environment)
    }
    let first = try await make("first")
    #expect(try await first.maintain([.archive])?.moved == 60)
    let files = try aged.disk.list("/shared")
    let second = try await make("second")
    let job = try #require(try await second.maintain([.archive]))
    let error = job.error ?? job.steps.compactMap(\.error).first
    #expect(job.moved == 0 && error?.contains("belongs to another store") == true)
    #expect(try await content(second).count == 60)
    #expect(try aged.disk.list("/shared") == files)
    #expect(try await first.maintain([.archive])?.error == nil)
    #expect(try await content(first).count == 60)
    try await first.close()
    try await second.close()
  }
}
