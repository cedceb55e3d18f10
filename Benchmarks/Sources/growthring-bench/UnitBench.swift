import ArgumentParser
import Foundation
import GrowthRing

/// Memory units of whole text sets: durable ingest, bytes by part and tier, look-ups, listings, and every content compared.
struct UnitBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "units")

  @Option(help: "Where the store is made; it is removed first.")
  var store = "bench-units"

  @Option(help: "How often the sets are stored, each time for other users.")
  var copies = 1

  @Option(help: "Units of an append.")
  var batch = 1_000

  @Option(help: "Number of look-ups.")
  var reads = 20_000

  @Argument(help: "Files of units, an object a line.")
  var files: [String]

  func run() async throws {
    let units = try files.flatMap(Self.units)
    let bytes = units.reduce(0) { $0 + $1.content.utf8.count } * copies
    let total = units.count * copies
    try? FileManager.default.removeItem(atPath: store)
    var options = StoreOptions()
    options.createIfMissing = true
    let growth = try await GrowthStore.open(store, options: options)
    var seconds = 0.0
    let cpu = Process.cpuSeconds
    for copy in 0..<copies {
      let renamed = units.map { unit in
        var unit = unit
        if copy > 0 { unit.user += " \(copy)" }
        return unit
      }
      for start in stride(from: 0, to: renamed.count, by: batch) {
        let part = Array(renamed[start..<min(renamed.count, start + batch)])
        let begin = DispatchTime.now().uptimeNanoseconds
        let receipt = try await growth.append(part)
        seconds += Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
        guard receipt.stored == part.count else { throw ValidationError("\(receipt.stored) of \(part.count) stored") }
      }
    }
    try await growth.flush()
    emit("ingest", Double(total) / seconds, "units/s")
    emit("ingest", Double(bytes) / seconds / 1e6, "MB/s")
    emit("ingest and flush, CPU", (Process.cpuSeconds - cpu) / Double(total) * 1e6, "µs/unit")
    emit("contents", Double(bytes) / Double(total), "bytes/unit")
    try await sizes(growth, "hot", total)
    try await measure(growth, "hot", units)
    _ = try await growth.compact(everything: true)
    try await sizes(growth, "merged", total)
    var start = DispatchTime.now().uptimeNanoseconds
    let job = try await growth.maintain([.warm])
    if let error = job?.error { throw ValidationError(error) }
    emit("warming", Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9, "s")
    _ = try await growth.compact(everything: true)
    try await sizes(growth, "warm", total)
    try await measure(growth, "warm", units)
    start = DispatchTime.now().uptimeNanoseconds
    let report = try await growth.verify()
    guard report.isSound, report.units == total else { throw ValidationError("verify: \(report.problems.prefix(3))") }
    emit("verify", Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9, "s")
    start = DispatchTime.now().uptimeNanoseconds
    let again = try await growth.append(Array(units.prefix(batch)))
    guard again.duplicates == min(batch, units.count) else { throw ValidationError("\(again.duplicates) duplicates") }
    emit("duplicates", Double(again.duplicates) / Double(DispatchTime.now().uptimeNanoseconds - start) * 1e9, "units/s")
    try await growth.close()
  }

  private func sizes(_ growth: GrowthStore, _ name: String, _ total: Int) async throws {
    let stats = try await growth.stats()
    for part in stats.unitColumns { emit("\(name), \(part.name)", Double(part.bytes) / Double(total), "bytes/unit") }
    for tier in stats.unitTiers { emit("\(name), tier \(tier.name)", Double(tier.bytes) / Double(total), "bytes/unit") }
    emit("\(name), files", Double(stats.unitSegments), "")
  }

  private func measure(_ growth: GrowthStore, _ name: String, _ units: [MemoryUnit]) async throws {
    let snapshot = try await growth.snapshot()
    var point = Latencies()
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<reads {
      guard let unit = units.randomElement(using: &generator) else { break }
      var found: MemoryUnit?
      try point.measure { found = try snapshot.unit(unit.muid, of: unit.user) }
      // Bytes, since texts that look alike are not the same.
      guard let found, Array(found.content.utf8) == Array(unit.content.utf8) else {
        throw ValidationError("unit \(unit.muid) came back otherwise")
      }
    }
    point.report("\(name), one unit")
    for content in [false, true] {
      var count = 0
      let start = Process.cpuSeconds
      try snapshot.forEachUnit(content: content) { _ in
        count += 1
        return true
      }
      let cpu = Process.cpuSeconds - start
      emit("\(name), listing \(content ? "with contents" : "without"), CPU", cpu / Double(count) * 1e6, "µs/unit")
    }
  }

  static func units(_ path: String) throws -> [MemoryUnit] {
    try String(contentsOfFile: path, encoding: .utf8).utf8.split(separator: UInt8(ascii: "\n")).map { line in
      guard let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
        let muid = object["muid"] as? String, let user = object["user_id"] as? String,
        let created = (object["created_at"] as? String).flatMap({ Timestamp($0) })
      else { throw ValidationError("\(path) has a line that is no unit") }
      var metadata = ""
      if let value = object["metadata"] as? [String: Any], !value.isEmpty {
        metadata = String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)
      }
      return MemoryUnit(
        muid: muid, user: user, sourceType: object["source_type"] as? String ?? "",
        title: object["title"] as? String ?? "", content: object["content"] as? String ?? "",
        contentType: object["content_type"] as? String ?? "text", createdAt: created, metadata: metadata)
    }
  }
}
