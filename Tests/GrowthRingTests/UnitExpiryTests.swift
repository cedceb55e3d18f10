import Foundation
import StorageIO
import StoreEngine
import Testing

@testable import GrowthRing

/// Memory units that expire by the policy of a store: in maintenance, its forecast, search, and beside other processes.
@Suite struct UnitExpiryTests {
  private static let day: Int64 = 86_400_000_000
  private static let now: Int64 = 1_767_225_600_000_000

  private static func note(
    _ muid: String, _ age: Int64, _ content: String = "alpha", source: String = "note", isDeleted: Bool = false,
    now: Int64 = Self.now
  ) -> MemoryUnit {
    MemoryUnit(
      muid: muid, user: "ada", sourceType: source, content: isDeleted ? "" : content,
      createdAt: Timestamp(microseconds: now - 900 * day), updatedAt: Timestamp(microseconds: now - age * day - 1),
      isDeleted: isDeleted)
  }

  private static func policy() throws -> AgeingPolicy {
    try AgeingPolicy(
      rules: [], rest: AgeingRule(),
      units: UnitPolicy(
        rules: [UnitAgeingRule(sourceTypes: ["draft"], expireAfter: Age(days: 30), expireVersionsAfter: Age(days: 10))],
        rest: UnitAgeingRule(expireVersionsAfter: Age(days: 100))))
  }

  private static func found(_ text: String, _ store: GrowthStore) async throws -> Set<String> {
    let results = try await store.search(text, SearchOptions(limit: 100))
    #expect(results.matched == results.hits.count)
    return Set(results.hits.map(\.unit.muid))
  }

  /// Two versions each: of notes and drafts, some of them old, some deleted.
  private static func fill(_ store: GrowthStore, now: Int64 = Self.now) async throws -> [MemoryUnit] {
    var units: [MemoryUnit] = []
    for number in 0..<20 {
      let source = number < 10 ? "draft" : "note"
      units.append(note("\(number)", 200, "alpha of old", source: source, now: now))
      units.append(
        note("\(number)", number % 10 < 5 ? 120 : 20, source: source, isDeleted: number % 10 == 0, now: now))
    }
    _ = try await store.append(units.filter { $0.updatedAt.microseconds < now - 150 * day })
    try await store.flush()
    _ = try await store.append(units.filter { $0.updatedAt.microseconds > now - 150 * day })
    return units
  }

  @Test func maintenanceRemovesThem() async throws {
    let clock = SimulatedClock(start: Self.now, step: 1)
    let environment = StorageEnvironment(
      disk: SimulatedDisk(seed: 1), clock: clock, entropy: SimulatedEntropy(seed: 1))
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 2
    let store = try GrowthStore.open("store", options: options, environment: environment)
    let units = try await Self.fill(store)
    _ = try await store.set(UserProfile(user: "ada", timeZone: LocalZone("Europe/Berlin")))
    try await store.apply(policy: try Self.policy())
    try await store.flush()
    #expect(try await Self.found("alpha", store).count == 18)
    let forecast = try await store.forecast()
    // Drafts 0 to 4 wholly, and what was replaced of the others; the note that was deleted wholly, and the old ones of the others.
    #expect(
      forecast.unitLines.map { "\($0.rule ?? -1) \($0.step) \($0.versions)" } == ["0 expire 15", "-1 expire 11"])
    clock.advance(by: 60_000_000)
    let job = try #require(try await store.maintain())
    let step = try #require(job.steps.first { $0.step == .expire })
    #expect(job.error == nil && step.moved == 26 && step.units == 26)
    #expect(try await store.maintenanceJobs().first?.steps.first { $0.step == .expire }?.units == 26)
    #expect(try await store.forecast().unitLines == [])
    let living = Set((5..<20).filter { $0 != 10 }.map { "\($0)" })
    #expect(try await Self.found("alpha", store) == living)
    #expect(try await store.search("old").hits.isEmpty)
    let snapshot = try await store.snapshot()
    var listed: Set<String> = []
    try snapshot.forEachUnit { (unit) throws(StoreError) in
      listed.insert(unit.muid)
      return try snapshot.unitHistory(unit.muid, of: "ada").count == 1
    }
    #expect(listed == living)
    // What the store keeps for itself stays.
    #expect(try snapshot.profile(of: "ada")?.timeZone?.identifier == "Europe/Berlin")
    let report = try await store.verify()
    #expect(report.isSound && report.expiredUnits == 26, "\(report.problems)")
    let stats = try await store.stats()
    #expect(stats.expiredUnits == 26 && stats.units == 15 && stats.expiredUnitKeyBytes > 26 * 12)
    // All of it comes again, and other content of what is gone.
    let again = try await store.append(units)
    #expect(again.stored == 0 && again.duplicates == units.count)
    let other = try await store.append([Self.note("0", 200, "something else")])
    #expect(other.stored == 0 && other.duplicates == 1)
    #expect(try await store.maintain([.expire])?.moved == 0)
    try await store.close()
    let reader = try GrowthStore.open("store", options: options, environment: environment)
    #expect(try await Self.found("alpha", reader) == living)
    try await reader.close()
  }

  /// Another process removes them, with a search index in a file that both use.
  @Test func besideOtherProcesses() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("expiry-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 2
    options.compactsInBackground = false
    let now = Int64(Date().timeIntervalSince1970 * 1_000_000)
    let writer = try await GrowthStore.open(folder.path, options: options)
    let units = try await Self.fill(writer, now: now)
    try await writer.apply(policy: try Self.policy())
    var readOnly = StoreOptions()
    readOnly.access = .readOnly
    let other = try await GrowthStore.open(folder.path, options: readOnly)
    // A version of a note that was deleted, and of a draft, that only the log of the writer holds.
    try await writer.flush()
    _ = try await writer.append([Self.note("10", 130, now: now), Self.note("3", 0, now: now)])
    for store in [writer, other] { #expect(try await Self.found("alpha", store).count == 18) }
    #expect(try await other.maintain([.expire])?.steps.first?.units == 25)
    // The one that was in memory stays as it was, and its unit too.
    let living = Set((3..<20).filter { $0 != 4 && $0 != 10 }.map { "\($0)" })
    for store in [other, writer, other] {
      #expect(try await Self.found("alpha", store) == living)
    }
    for store in [writer, other] { #expect(try await store.verify().isSound) }
    #expect(try await writer.append(units).stored == 0)
    try await writer.flush()
    #expect(try await other.maintain([.expire])?.steps.first?.units == 2)
    for store in [writer, other] { #expect(try await Self.found("alpha", store) == living) }
    try await other.close()
    try await writer.close()
  }
}
