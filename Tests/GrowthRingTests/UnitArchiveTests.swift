import Columnar
import StorageIO
import StoreEngine
import TestSupport
import Testing

@testable import GrowthRing

/// Memory units in the archive of a whole store, on the simulated disk, beside the units that were put into it.
@Suite struct UnitArchiveTests {
  private static let (day, now) = (AgedStore.day, AgedStore.now)
  private static let folder = "store/archive/units"

  private let aged = AgedStore()

  /// A version for each age in days, of units with several versions, some of which say that they were deleted.
  private static func units(_ ages: some Sequence<Int>, importance: Int64? = nil) -> [MemoryUnit] {
    ages.map { age in
      let ids = [
        "note-\(age % 23)", "0190f5c8-7a31-7000-8000-0000000000\(10 + age % 23)",
        "0190F5C8-7A31-7000-8000-0000000000\(10 + age % 23)",
      ]
      var unit = MemoryUnit(
        muid: ids[age % 3], user: age % 7 == 0 ? "0190f5c8-7a31-7000-8000-00000000000a" : "u\(age % 7)",
        sourceType: ["note", "", "chat"][age % 3], contentType: age % 2 == 0 ? "text" : "markdown",
        createdAt: Timestamp(microseconds: now - 2_000 * day),
        updatedAt: Timestamp(microseconds: now - Int64(age) * day - 1),
        importanceScore: age % 2 == 0 ? nil : Delta(millionths: importance ?? Int64(age) * 1_001), status: "s\(age % 4)"
      )
      if age % 11 == 0 {
        unit.isDeleted = true
        return unit
      }
      unit.title = ["", "Plan \(age)", "cafe\u{301}", "今日"][age % 4]
      unit.metadata = age % 4 == 0 ? "" : #"{"n":\#(age),"tags":["x"]}"#
      unit.content = ["", "nul \u{0} inside", "elephant \(age) and mouse \(age % 5)\r\n"][age % 3]
      if age % 50 == 1 { unit.content = String(repeating: "growth \(age) is slow ", count: 4_000) }
      return unit
    }
  }

  /// By bytes, since texts that look alike are not the same.
  private struct Known: Hashable {
    let key: [[UInt8]]
    let numbers: [Int64?]
    let isDeleted: Bool

    init(_ unit: MemoryUnit) {
      key = [
        unit.user, unit.muid, unit.sourceType, unit.contentType, unit.status, unit.title, unit.metadata, unit.content,
      ].map { Array($0.utf8) }
      numbers = [
        unit.createdAt.microseconds, unit.updatedAt.microseconds, unit.importanceScore?.millionths,
      ]
      isDeleted = unit.isDeleted
    }
  }

  /// All that a store can be asked of its units.
  private struct Answers: Equatable {
    var listed: [Known] = []
    var titles: [Known] = []
    var versions: [Known] = []
    var ofUser: [Known] = []
    var history: [Known] = []
    var one: Known?
    var sequences: [UInt64: Int] = [:]
    var found: [String] = []
    var byMetadata: [[Known]] = []
    var quality = 0

    init(_ store: GrowthStore) async throws {
      for try await units in try await store.units() { listed += units.map { Known($0) } }
      for try await units in try await store.units(content: false) { titles += units.map { Known($0) } }
      for try await units in try await store.units(versions: true) { versions += units.map { Known($0) } }
      for try await units in try await store.units(of: "u3") { ofUser += units.map { Known($0) } }
      history = try await store.unitHistory("note-3", of: "u3").map { Known($0) }
      one = try await store.unit("note-3", of: "u3").map { Known($0) }
      let snapshot = try await store.snapshot()
      for partition in 0..<snapshot.partitionCount {
        try snapshot.forEachUnitVersion(partition: partition, after: 1) { _, sequence in
          sequences[sequence, default: 0] += 1
          return true
        }
      }
      for query in ["elephant", "mouse 3", "今日", "title:plan"] {
        let results = try await store.search(query, SearchOptions(limit: 1_000))
        found += results.hits.map { "\(query) \($0.unit.user) \($0.unit.muid) \($0.score)" }
      }
      for condition in [
        "metadata.n >= 100 and metadata.n < 470.5", "metadata.tags contains 'x' and not metadata.n < 400",
        "metadata.n = 431", "not metadata.n exists", "metadata.n > 1e9",
      ] {
        let predicate = try MetadataPredicate(condition)
        var some: [Known] = []
        for try await units in try await store.units(where: predicate) { some += units.map { Known($0) } }
        #expect(some == listed.filter { predicate.matches(Bytes($0.key[6])) }, "\(condition)")
        byMetadata.append(some)
      }
      quality = try await store.unitQuality().units
    }
  }

  private func parquetFiles() throws -> [String] { try aged.parquetFiles(in: Self.folder) }

  private func indexes() throws -> [String] {
    try ["00", "01"].flatMap { partition in
      try aged.disk.list("store/partitions/" + partition).filter { $0.hasSuffix(".arcu") }
        .map { "store/partitions/\(partition)/\($0)" }
    }
  }

  @Test(arguments: [ParquetEventWriter.Profile.compatible, .compact])
  func archivedUnitsStayInEveryAnswer(_ profile: ParquetEventWriter.Profile) async throws {
    let store = try aged.open()
    try await store.apply(policy: AgeingPolicy(rules: [], archive: ArchiveSettings(profile: profile)))
    let units = Self.units(0..<800)
    for part in 0..<3 {
      #expect(
        try await store.append(units.enumerated().filter { $0.offset % 3 == part }.map(\.element)).rejections == [])
      if part == 1 { try await store.flush() }
    }
    try await store.flush()
    let before = try await Answers(store)
    #expect(Set(before.versions) == Set(units.map { Known($0) }) && before.versions.count == 800)
    #expect(before.history.count == 2 && before.found.count > 20 && before.sequences.count == 2)
    let job = try #require(try await store.maintain([.warm, .archive]))
    #expect(job.error == nil)
    // The standard policy archives after a year; the day 365 itself is of age.
    #expect(job.steps.last?.moved == 800 - 365)
    #expect(try await Answers(store) == before)
    let report = try await store.verify()
    #expect(report.isSound && report.units == 800, "\(report.problems) \(report.damage)")
    #expect(try parquetFiles().count == indexes().count && parquetFiles().count >= 28)
    let stats = try await store.stats()
    #expect((stats.unitTiers.first { $0.name == "archive" }?.bytes ?? 0) > 1_000)
    // Nobody is let in twice, and what differs is told.
    let again = try await store.append(units, mode: .lenient)
    #expect(again.stored == 0 && again.duplicates == 800)
    var changed = units[700]
    changed.status = "other"
    #expect(try await store.append([changed], mode: .lenient).rejections.map(\.reason) == [.conflict])
    #expect(try await store.maintain([.archive])?.moved == 0)
    try await store.compact(everything: true)
    #expect(try await store.maintain([.scrub])?.error == nil)
    try await store.close()
    for access in [StoreOptions.Access.readOnly, .readWrite] {
      let reopened = try aged.open(access)
      #expect(try await Answers(reopened) == before)
      // A new version of an archived unit is the unit, an old one is history.
      if access == .readWrite {
        var next = units[700]
        next.isDeleted = false
        next.updatedAt = Timestamp(microseconds: Self.now + 5)
        next.content = "anew"
        #expect(try await reopened.append([next]).stored == 1)
        #expect(try await reopened.unit(next.muid, of: next.user)?.content == "anew")
        #expect(try await reopened.unitHistory(next.muid, of: next.user).count > 1)
      }
      try await reopened.close()
    }
  }

  /// Files of a month are written again together, and the table says what is there.
  @Test func filesAreThoseOfTheTable() async throws {
    let store = try aged.open()
    for part in 0..<3 {
      _ = try await store.append(Self.units(stride(from: 400 + part, to: 700, by: 3)))
      try await store.flush()
      let job = try #require(try await store.maintain([.archive]))
      #expect(job.error == nil && job.moved == 100)
      #expect(try parquetFiles().count <= 3 * 11)
      #expect(try aged.disk.list(Self.folder + "/_delta_log").count == part + 1)
      #expect(try await store.maintain([.archive])?.moved == 0)
      #expect(try aged.disk.list(Self.folder + "/_delta_log").count == part + 1)
    }
    let log = try aged.disk.list(Self.folder + "/_delta_log").map { name in
      try String(decoding: aged.disk.read(Self.folder + "/_delta_log/" + name), as: UTF8.self)
    }
    #expect(log[0].contains(#""name":"memory_units""#) && log[0].contains(#"\"updated_at\""#))
    #expect(!log[1].contains("metaData") && log[1].contains(#"{"remove""#))
    var live: Set<String> = []
    for line in log.joined().split(separator: "\n") {
      guard let start = line.ranges(of: #""path":""#).first else { continue }
      let path = Self.folder + "/" + String(line[start.upperBound...].prefix { $0 != "\"" })
      if line.hasPrefix(#"{"add""#) { live.insert(path) } else { live.remove(path) }
    }
    #expect(try live == Set(parquetFiles()))
    let expected = Set(Self.units(400..<700).map { Known($0) })
    let versions = try await Answers(store).versions
    #expect(versions.count == 300 && Set(versions) == expected)
    // Where the table is lost it is made anew.
    for name in try aged.disk.list(Self.folder + "/_delta_log") {
      try aged.disk.remove(Self.folder + "/_delta_log/" + name)
    }
    #expect(try await store.maintain([.archive])?.error == nil)
    #expect(try aged.disk.list(Self.folder + "/_delta_log").count == 1)
    try await store.close()
  }

  @Test func whatDoesNotFitStays() async throws {
    let store = try aged.open()
    _ = try await store.append(Self.units(stride(from: 401, to: 421, by: 2), importance: 1_000_000_000_000_000_000))
    _ = try await store.append(Self.units(stride(from: 421, to: 441, by: 2), importance: -999_999_999_999_999_999))
    try await store.flush()
    for moved in [10, 0] {
      let job = try #require(try await store.maintain([.archive]))
      #expect(job.error == nil && job.moved == moved)
    }
    #expect(try await store.verify().isSound)
    #expect(try await Answers(store).versions.count == 20)
    try await store.close()
  }

  /// By their own rules, in a folder of their own; few wait for others of their segment.
  @Test func rulesAndFolder() async throws {
    let store = try aged.open()
    let policy = try AgeingPolicy(
      rules: [], archive: ArchiveSettings(unitsFolder: "../cold"),
      units: UnitPolicy(
        rules: [UnitAgeingRule(sourceTypes: ["chat"], archiveAfter: Age(days: 10))], rest: UnitAgeingRule()))
    try await store.apply(policy: policy)
    #expect(try store.policy() == policy)
    let units = Self.units(400..<500)
    _ = try await store.append(units)
    try await store.close()
    let again = try aged.open()
    #expect(try await again.maintain([.archive])?.moved == units.filter { $0.sourceType == "chat" }.count)
    #expect(try aged.disk.list("store/../cold").contains("_delta_log") && !aged.disk.exists(Self.folder))
    #expect(try await Answers(again).versions.count == 100)
    try await again.close()
  }

  @Test func monthsComeBack() async throws {
    let store = try aged.open()
    _ = try await store.append(Self.units(360..<500))
    try await store.flush()
    let before = try await Answers(store)
    #expect(try await store.maintain([.archive])?.error == nil)
    let job = try #require(try await store.rehydrate(month: "2024-11"))
    #expect(job.error == nil && job.moved == 30)
    #expect(try parquetFiles().allSatisfy { !$0.contains("2024-11") })
    #expect(try await Answers(store) == before)
    // It is held until somebody takes it from the policy.
    #expect(try await store.maintain([.archive])?.moved == 0)
    try await store.apply(policy: .standard)
    #expect(try await store.maintain([.archive])?.moved == 30)
    #expect(try await Answers(store) == before)
    #expect(try await store.verify().isSound)
    try await store.close()
  }

  /// What is left of an archived file comes to another one.
  @Test func archivedUnitsExpire() async throws {
    let store = try aged.open()
    let units = Self.units(0..<800)
    _ = try await store.append(units)
    try await store.flush()
    #expect(try await store.maintain([.archive])?.moved == 800 - 365)
    let rest = UnitAgeingRule(
      archiveAfter: Age(days: 365), expireAfter: Age(days: 450), expireVersionsAfter: Age(days: 700))
    try await store.apply(policy: AgeingPolicy(rules: [], units: UnitPolicy(rest: rest)))
    let expected = units.enumerated().filter { age, unit in
      let newest = units.firstIndex { $0.user == unit.user && $0.muid == unit.muid } ?? age
      if newest >= 450 { return false }
      return age == newest || age < 700
    }.map { Known($0.element) }
    #expect(expected.count == 667)
    let job = try #require(try await store.maintain([.expire]))
    #expect(job.error == nil && job.moved == 800 - expected.count)
    let versions = try await Answers(store).versions
    #expect(versions.count == expected.count && Set(versions) == Set(expected))
    #expect(try await store.maintain([.archive])?.error == nil)
    var rows = 0
    for path in try parquetFiles() {
      let file = try ParquetUnitArchive.Reader(Bytes(aged.disk.read(path)), path: path)
      for group in 0..<file.rowGroupCount { rows += try file.versions(rowGroup: group).count }
    }
    #expect(rows == expected.count - 365)
    #expect(try await store.verify().isSound)
    #expect(try await store.append(units, mode: .lenient).duplicates == 800)
    #expect(try await store.maintain([.expire])?.moved == 0)
    try await store.close()
  }

  /// Row groups end by bytes, contents up to 16 MiB come back, and what is kept in memory stays within its bound.
  @Test func largeContents() async throws {
    let store = try aged.open()
    func unit(_ number: Int, _ content: String) -> MemoryUnit {
      MemoryUnit(
        muid: "m\(number)", user: "ada", sourceType: "note", title: "t\(number)", content: content,
        createdAt: Timestamp(microseconds: 1), updatedAt: Timestamp(microseconds: Self.now - 500 * Self.day))
    }
    let long = unit(0, String(repeating: "x", count: UnitLimits.contentLength))
    var units = [long]
    for number in 1..<12 { units.append(unit(number, String(repeating: "growth \(number) ", count: 60_000))) }
    _ = try await store.append(units)
    try await store.flush()
    #expect(try await store.maintain([.archive])?.moved == 12)
    let path = try #require(parquetFiles().first)
    let file = try ParquetUnitArchive.Reader(Bytes(aged.disk.read(path)), path: path)
    #expect(file.rowGroupCount >= 2)
    for unit in units.reversed() + units { #expect(try await store.unit(unit.muid, of: "ada") == unit) }
    let archive = try #require(store.engine.partitions.first?.archive)
    #expect(archive.cachedBytes <= StoreOptions().memoryBytes / 8 + UnitLimits.contentLength + (1 << 20))
    #expect(try await Answers(store).listed.count == 12)
    #expect(try await store.verify().isSound)
    try await store.close()
  }

  /// Whoever changes one byte of an archived file or of its index is found out, and the file is named.
  @Test func damageIsNamed() async throws {
    let store = try aged.open()
    _ = try await store.append(Self.units(430..<460))
    try await store.flush()
    #expect(try await store.maintain([.archive])?.error == nil)
    try await store.close()
    for path in [try #require(parquetFiles().first), try #require(indexes().first)] {
      let length = try aged.disk.size(path)
      let step = max(1, length / 40)
      for offset in Array(stride(from: 0, to: length, by: step)) + [length - 9, length - 5, length - 1] {
        let original = try aged.disk.read(path)
        let file = try aged.disk.open(path, .append)
        try file.write([original[offset] ^ 0x40], at: offset)
        do {
          let damaged = try aged.open(.readOnly)
          let report = try await damaged.verify()
          // Some bytes of a Parquet file mean nothing; then all rows are there.
          if report.isSound {
            #expect(report.units == 30 && path.hasSuffix(".parquet"), "offset \(offset) of \(path)")
          } else {
            #expect(report.damage.first?.file == path, "offset \(offset): \(report.damage)")
          }
          try await damaged.close()
        } catch let error as StoreError {
          #expect((error.kind == .corruption || error.kind == .unsupportedVersion) && error.file == path, "\(error)")
        }
        try file.write([original[offset]], at: offset)
        try file.close()
      }
      let original = try aged.disk.read(path)
      let file = try aged.disk.open(path, .append)
      try file.truncate(to: length - 1)
      // What cannot even be opened is reported too.
      let damaged = try aged.open(.readOnly)
      #expect(try await damaged.verify().damage.first?.file == path)
      try await damaged.close()
      try file.write([original[length - 1]], at: length - 1)
      try file.close()
    }
    let sound = try aged.open(.readOnly)
    #expect(try await sound.verify().isSound)
    try await sound.close()
  }

  /// Whoever asks for metadata that an archived file has none of does not open it.
  @Test func filesAreRuledOutByMetadata() async throws {
    let store = try aged.open()
    _ = try await store.append(Self.units(430..<460) + Self.units(0..<10))
    try await store.flush()
    #expect(try await store.maintain([.archive])?.moved == 30)
    try await store.close()
    for path in try parquetFiles() {
      let file = try aged.disk.open(path, .append)
      try file.write([UInt8](repeating: 0x55, count: 200), at: 4)
      try file.close()
    }
    let damaged = try aged.open(.readOnly)
    func count(_ condition: String) async throws -> Int {
      var count = 0
      for try await units in try await damaged.units(where: MetadataPredicate(condition)) { count += units.count }
      return count
    }
    #expect(try await count("metadata.n < 10") == 7)
    #expect(try await count("metadata.n > 10000 or metadata.none exists") == 0)
    #expect(try await count("metadata.tags contains 'y'") == 0)
    await #expect(throws: StoreError.self) { _ = try await count("metadata.n = 431") }
    try await damaged.close()
    for path in try indexes() {
      let dump = try FileInspector.describe(path, disk: aged.disk)
      for part in ["GRARU001, version 2", "filter of metadata", "statistics of metadata"] {
        #expect(dump.contains { $0.contains(part) }, "\(part)")
      }
    }
  }

  /// A file that says other things in a form that is right is not the one that was archived.
  @Test func anotherFileIsRefused() async throws {
    let store = try aged.open()
    _ = try await store.append(Self.units(430..<434))
    try await store.flush()
    #expect(try await store.maintain([.archive])?.error == nil)
    let path = try #require(parquetFiles().first)
    let bytes = try aged.disk.read(path)
    let reader = try ParquetUnitArchive.Reader(Bytes(bytes), path: path)
    func written(_ change: (inout UnitVersion.Fields, inout Bytes) -> Void) throws -> [UInt8] {
      let versions = try reader.versions(rowGroup: 0).enumerated().map { row, version in
        var fields = version.fields
        let (places, contents) = try reader.contents(rowGroup: 0, around: row)
        var content = contents[row - places.lowerBound]
        change(&fields, &content)
        return UnitVersion(fields, content: content, sequence: version.sequence)
      }
      var writer = ParquetUnitArchive.Writer(profile: .compatible)
      var output: [UInt8] = []
      try writer.writeRowGroup(versions, into: &output)
      try writer.finish(into: &output)
      return output
    }
    #expect(try written { _, _ in } == bytes)
    let others = [
      try written { fields, _ in if !fields.isDeleted { fields.title = Array("Plam".utf8) } },
      try written { _, content in content = Bytes(content.array.map { $0 == 32 ? 33 : $0 }) },
      try written { fields, _ in fields.createdAt += 1 },
    ]
    try await store.close()
    for other in others where other != bytes && other.count == bytes.count {
      let file = try aged.disk.open(path, .append)
      try file.write(other, at: 0)
      let damaged = try aged.open(.readOnly)
      let report = try await damaged.verify()
      #expect(!report.isSound && report.damage.first?.file == path)
      try await damaged.close()
      try file.write(bytes, at: 0)
      try file.close()
    }
  }
}
