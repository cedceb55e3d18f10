import StorageIO
import StoreEngine
import Testing

@testable import GrowthRing

/// Stores of released versions, which stay readable for ever, and damaged ones, which are refused. See Tests/Golden.
@Suite struct GoldenFileTests {
  private static let golden =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    .joined(separator: "/") + "/Golden"
  private static let disk = StorageEnvironment.posix.disk

  /// Stores of every version, as folders within the golden files.
  static let good: [String] = ["v1", "v2", "v3", "v4", "v5", "v6"].flatMap { version in
    ((try? disk.list(golden + "/" + version)) ?? []).map { version + "/" + $0 }
  }

  /// Store, file that must be named.
  static let damaged: [[String]] = {
    let text = (try? projectText("Tests/Golden/damaged/README.md")) ?? ""
    return text.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst().map { line in
      line.split(separator: "|").map { cell in String(cell.dropFirst().dropLast()) }
    }
  }()

  /// A copy of a folder on a simulated disk, so that nothing changes the golden files.
  private func copy(_ folder: String) throws -> StorageEnvironment {
    let environment = StorageEnvironment.simulated(seed: 1).environment
    try copy(Self.golden + "/" + folder, to: "store", environment.disk)
    return environment
  }

  private func copy(_ source: String, to target: String, _ disk: any Disk) throws {
    try disk.createDirectory(target)
    for name in try Self.disk.list(source) {
      if (try? Self.disk.list(source + "/" + name)) != nil {
        try copy(source + "/" + name, to: target + "/" + name, disk)
      } else {
        let file = try disk.open(target + "/" + name, .create)
        try file.write(try Self.disk.read(source + "/" + name), at: 0)
        try file.sync()
        try file.close()
      }
    }
    try disk.syncDirectory(target)
  }

  private func expect(_ store: GrowthStore, _ name: String, _ stage: String) async throws {
    var bytes: [UInt8] = []
    for try await batch in try await store.events() { NDJSONEventEncoder().encode(batch, into: &bytes) }
    let events = bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    let expectedEvents = try projectText("Tests/Golden/\(name)/expected_events.ndjson")
      .utf8.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    #expect(Set(events.map(Array.init(_:))) == Set(expectedEvents.map(Array.init(_:))), "\(name), \(stage)")
    #expect(events.count == expectedEvents.count, "\(name), \(stage)")

    var growth: [String] = []
    for try await rows in try await store.allGrowth() {
      for row in rows {
        let texts = [row.user, row.entity, row.entityType, row.dimension].map(Self.cell)
        growth.append(
          texts.joined(separator: ",")
            + ",\(row.score),\(row.eventCount),\(row.firstEventAt.microseconds),\(row.lastEventAt.microseconds)\n")
      }
    }
    let expectedGrowth = Self.rows(try projectText("Tests/Golden/\(name)/expected_growth.csv")).dropFirst()
    #expect(Set(growth.map { Array($0.utf8) }) == Set(expectedGrowth.map(Array.init(_:))), "\(name), \(stage)")
    #expect(growth.count == expectedGrowth.count, "\(name), \(stage)")
    let report = try await store.verify()
    #expect(report.isSound, "\(name), \(stage): \(report.problems)")
    #expect(report.events == events.count)
  }

  /// The rows of a CSV file with their line feeds; keys hold line feeds too, in quotes.
  private static func rows(_ text: String) -> [ArraySlice<UInt8>] {
    let bytes = Array(text.utf8)
    var rows: [ArraySlice<UInt8>] = []
    var start = 0
    var isQuoted = false
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard byte == UInt8(ascii: "\n"), !isQuoted else { continue }
      rows.append(bytes[start...index])
      start = index + 1
    }
    return rows
  }

  private static func cell(_ text: String) -> String {
    let needsQuotes = text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
    guard needsQuotes else { return text }
    var cell = "\""
    for scalar in text.unicodeScalars { cell += scalar == "\"" ? "\"\"" : String(scalar) }
    return cell + "\""
  }

  @Test func filesAreThere() {
    #expect(Self.good.count >= 15)
    #expect(Self.damaged.count >= 33)
  }

  @Test(arguments: good)
  func everyGoldenStoreReads(_ name: String) async throws {
    let environment = try copy("\(name)/store")
    var options = StoreOptions()
    options.access = .readOnly
    let reader = try GrowthStore.open("store", options: options, environment: environment)
    try await expect(reader, name, "beside a writer")
    try await reader.close()
    options.access = .readWrite
    for stage in ["recovered", "flushed", "compacted"] {
      let store = try GrowthStore.open("store", options: options, environment: environment)
      if stage == "compacted" { _ = try await store.compact(everything: true) }
      try await expect(store, name, stage)
      try await store.close()
    }
  }

  /// Events of every tier, and the same answers after a month has come back.
  @Test func archivedEventsComeBack() async throws {
    let environment = try copy("v2/archive/store")
    let store = try GrowthStore.open("store", options: StoreOptions(), environment: environment)
    let tiers = try await store.stats().tiers
    #expect(tiers.count == 3 && tiers.allSatisfy { $0.bytes > 0 }, "\(tiers)")
    let job = try #require(try await store.rehydrate(month: "2023-12"))
    #expect(job.error == nil && job.moved == 82, "\(job)")
    try await expect(store, "v2/archive", "rehydrated")
    try await store.close()
  }

  @Test(arguments: damaged)
  func everyDamagedStoreIsRefused(_ row: [String]) async throws {
    let (name, file) = (row[0], row[1])
    for access in [StoreOptions.Access.readOnly, .readWrite] {
      let environment = try copy("damaged/\(name)")
      var options = StoreOptions()
      options.access = access
      var found: [StoreError] = []
      do throws(StoreError) {
        let store = try GrowthStore.open("store", options: options, environment: environment)
        found = try await store.verify().damage
        try? await store.close()
      } catch {
        found = [error]
      }
      #expect(!found.isEmpty, "\(name), \(access)")
      for error in found {
        #expect(error.kind == .corruption || error.kind == .unsupportedVersion, "\(name), \(access): \(error)")
        #expect(error.file?.hasSuffix(file) == true, "\(name), \(access): \(error)")
      }
    }
  }
}
