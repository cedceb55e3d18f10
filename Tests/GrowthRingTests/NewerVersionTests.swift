import Columnar
import StorageIO
import StoreEngine
import TestSupport
import Testing

@testable import GrowthRing

/// Files that a newer version of this program wrote are refused as such, by name and with both versions, and left as they are.
@Suite struct NewerVersionTests {
  private static let (day, now) = (AgedStore.day, AgedStore.now)

  private static func open(_ disk: SimulatedDisk, _ access: StoreOptions.Access) throws(StoreError) -> GrowthStore {
    var options = StoreOptions()
    options.createIfMissing = true
    options.partitions = 2
    options.model = .open
    options.access = access
    let environment = StorageEnvironment(
      disk: disk, clock: SimulatedClock(start: now, step: 1), entropy: SimulatedEntropy(seed: 1))
    return try GrowthStore.open("/store", options: options, environment: environment)
  }

  private static func events(_ ages: some Sequence<Int>) -> [GrowthEvent] {
    ages.map { age in
      GrowthEvent(
        user: "u\(age % 7)", entity: "e\(age)", entityType: age % 2 == 0 ? "habit" : "skill", dimension: "d",
        delta: Delta(millionths: 5), createdAt: Timestamp(microseconds: now - Int64(age) * day),
        metadata: #"{"age":\#(age)}"#)
    }
  }

  private static func units(_ ages: some Sequence<Int>) -> [MemoryUnit] {
    ages.map { age in
      MemoryUnit(
        muid: "m\(age % 40)", user: "u\(age % 7)", sourceType: "note", content: "text \(age)",
        createdAt: Timestamp(microseconds: now - 2_000 * day),
        updatedAt: Timestamp(microseconds: now - Int64(age) * day))
    }
  }

  /// A store with files of every kind, as a killed process leaves it.
  private static func world() async throws -> SimulatedDisk {
    let disk = SimulatedDisk(seed: 1)
    let store = try open(disk, .readWrite)
    let policy = try AgeingPolicy(
      rules: [AgeingRule(entityTypes: ["habit"], warmAfter: Age(days: 10), expireAfter: Age(days: 200))],
      rest: AgeingRule(warmAfter: Age(days: 10), archiveAfter: Age(days: 100)),
      units: UnitPolicy(
        rules: [], rest: UnitAgeingRule(archiveAfter: Age(days: 300), expireVersionsAfter: Age(days: 900))))
    try await store.apply(policy: policy)
    _ = try await store.append(events(0...400))
    _ = try await store.append(units(250...1_000))
    let job = try await store.maintain()
    #expect(job?.state == .done)
    _ = try await store.append(events(0...20))
    _ = try await store.append(units(0...20))
    let left = disk.afterKill(seed: 1)
    try await store.close()
    return left
  }

  private static func put(_ bytes: [UInt8], _ path: String, _ disk: SimulatedDisk) throws {
    try disk.remove(path)
    let file = try disk.open(path, .create)
    try file.write(bytes, at: 0)
    try file.sync()
    try file.close()
  }

  /// What opening and verifying says of a store.
  private static func errors(_ disk: SimulatedDisk, _ access: StoreOptions.Access) async -> [StoreError] {
    do throws(StoreError) {
      let store = try open(disk, access)
      let found = try await store.verify().damage
      try? await store.close()
      return found
    } catch {
      return [error]
    }
  }

  private static func counts(_ disk: SimulatedDisk) async throws -> [Int] {
    let store = try open(disk, .readOnly)
    let report = try await store.verify()
    try await store.close()
    #expect(report.isSound, "\(report.problems)")
    return [report.events, report.expiredEvents, report.units, report.expiredUnits, report.aggregates]
  }

  @Test(arguments: [StoreOptions.Access.readOnly, .readWrite])
  func everyKindOfFile(_ access: StoreOptions.Access) async throws {
    let disk = try await Self.world()
    let counts = try await Self.counts(disk.afterKill(seed: 1))
    #expect(counts.allSatisfy { $0 > 0 })
    var kinds: Set<FileHeader.Kind> = []
    // The newest of each kind: older manifests are not read.
    for path in disk.allFiles().reversed() {
      let bytes = try disk.read(path)
      guard let header = try? FileHeader(Bytes(bytes), kind: nil), kinds.insert(header.kind).inserted else { continue }
      let newest = header.kind.version
      var newer = bytes
      newer[8] = UInt8(newest + 7)
      newer[10] = UInt8(newest + 1)
      let checksum = XXH3.hash(newer, 0, 24, seed: header.fileID)
      for index in 0..<8 { newer[24 + index] = UInt8(truncatingIfNeeded: checksum >> UInt64(8 * index)) }
      let copy = disk.afterKill(seed: 1)
      try Self.put(newer, path, copy)
      let found = await Self.errors(copy, access)
      #expect(!found.isEmpty, "\(path)")
      let described = #expect(throws: StoreError.self) { try FileInspector.describe(path, disk: copy) }
      for error in found + [described].compactMap({ $0 }) {
        #expect(error.kind == .unsupportedVersion && error.file == path, "\(error)")
        #expect(
          error.reason.contains(
            "in version \(newest + 7) for readers from \(newest + 1) on; this reads up to \(newest)"),
          "\(error)")
      }
      // Whoever comes with the newer version finds all as it was.
      #expect(try copy.read(path) == newer, "\(path)")
      try Self.put(bytes, path, copy)
      #expect(try await Self.counts(copy) == counts, "\(path)")
    }
    #expect(kinds == Set(FileHeader.Kind.allCases))
  }

  @Test(arguments: [
    (
      "store.json", "\"oldest_reader\": 1", "\"oldest_reader\": 9",
      "asks for readers of version 9; this one is of version 1"
    ),
    (
      "growth-model.json", "\"version\": 1,", "\"version\": 9, \"news\": [1],",
      "version 9 is not known; this program reads"
    ),
    ("policy.json", "\"version\": 2,", "\"version\": 9, \"news\": [1],", "version 9 is not known; this program reads"),
  ])
  func documents(name: String, old: String, new: String, reason: String) async throws {
    let disk = try await Self.world()
    let path = "/store/" + name
    let bytes = try disk.read(path)
    let parts = String(decoding: bytes, as: UTF8.self).split(separator: old, omittingEmptySubsequences: false)
    #expect(parts.count == 2)
    let newer = Array(parts.joined(separator: new).utf8)
    for access in [StoreOptions.Access.readOnly, .readWrite] {
      let copy = disk.afterKill(seed: 1)
      try Self.put(newer, path, copy)
      let found = await Self.errors(copy, access)
      #expect(found.count == 1)
      #expect(found.first?.kind == .unsupportedVersion && found.first?.file == path, "\(found)")
      #expect(found.first?.reason.contains(reason) == true, "\(found)")
      #expect(try copy.read(path) == newer)
    }
  }

  /// A record of maintenance is for people: one of a newer version is left out of the list, and left alone.
  @Test func records() async throws {
    let disk = try await Self.world()
    let name = try #require(try disk.list("/store/jobs").first { $0.hasSuffix(".json") })
    let text = String(decoding: try disk.read("/store/jobs/" + name), as: UTF8.self)
    let newer = Array(text.split(separator: "\"version\": 1,").joined(separator: "\"version\": 2,").utf8)
    try Self.put(newer, "/store/jobs/" + name, disk)
    let store = try Self.open(disk, .readOnly)
    #expect(try await store.maintenanceJobs().isEmpty)
    #expect(try await store.maintain()?.state == .done)
    #expect(try await store.maintenanceJobs().count == 1)
    try await store.close()
    #expect(try disk.read("/store/jobs/" + name) == newer)
  }
}
