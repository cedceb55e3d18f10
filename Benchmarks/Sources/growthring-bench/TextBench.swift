import ArgumentParser
import Foundation
import GrowthRing

/// What `Benchmarks/peers/texts.py` asks of this engine: durable ingest, the search indexes, searches of several kinds, and sizes.
struct TextBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "texts")

  @Option(help: "Where the store is made; it is removed first.")
  var store = "bench-texts"

  @Option(help: "How often the texts are stored, each time for other users.")
  var copies = 1

  @Option(help: "Units of an append.")
  var batch = 1_000

  @Option(help: "A JSON list of queries, each with kind, text and perhaps a user.")
  var queries: String

  @Flag(help: "Leaves the store where it is.")
  var keep = false

  @Argument(help: "A file of units, an object a line.")
  var units: String

  private struct Query: Decodable {
    let kind: String
    let text: String
    let user: String?
  }

  func run() async throws {
    let queries = try JSONDecoder().decode([Query].self, from: Data(contentsOf: URL(fileURLWithPath: queries)))
    let units = try UnitBench.units(units)
    let total = units.count * copies
    try? FileManager.default.removeItem(atPath: store)
    var options = StoreOptions()
    options.createIfMissing = true
    let growth = try await GrowthStore.open(store, options: options)
    var (appending, indexing) = (0.0, 0.0)
    for copy in 0..<copies {
      let renamed = units.map { unit in
        var unit = unit
        unit.user += " \(copy)"
        return unit
      }
      for start in stride(from: 0, to: renamed.count, by: batch) {
        let part = Array(renamed[start..<min(renamed.count, start + batch)])
        let begin = Date()
        let receipt = try await growth.append(part)
        guard receipt.stored == part.count else { throw ValidationError("\(receipt.stored) of \(part.count) stored") }
        let appended = Date()
        try await growth.updateSearchIndex()
        appending += appended.timeIntervalSince(begin)
        indexing += Date().timeIntervalSince(appended)
      }
    }
    // What a store at rest does by itself.
    let begin = Date()
    let tidied = try await growth.maintain([.index])
    if let error = tidied?.error { throw ValidationError(error) }
    indexing += Date().timeIntervalSince(begin)
    emit("ingest", Double(total) / appending, "units/s")
    emit("ingest and index", Double(total) / (appending + indexing), "units/s")
    emit("CPU of ingest and index", Process.cpuSeconds, "s")
    try await growth.flush()
    try await sizes(growth, "hot", total)
    try await measure(growth, "hot", queries)
    _ = try await growth.compact(everything: true)
    try await growth.apply(policy: AgeingPolicy(rules: [], rest: AgeingRule(warmAfter: Age(days: 0))))
    let job = try await growth.maintain([.warm])
    if let error = job?.error { throw ValidationError(error) }
    try await sizes(growth, "warm", total)
    try await measure(growth, "warm", queries)
    try await growth.close()
    emit("peak memory", Double(Process.peakMemory), "MiB")
    if !keep { try FileManager.default.removeItem(atPath: store) }
  }

  private func sizes(_ growth: GrowthStore, _ name: String, _ total: Int) async throws {
    let stats = try await growth.stats()
    emit("\(name), texts", Double(stats.unitBytes) / Double(total), "bytes/unit")
    emit("\(name), index", Double(stats.searchBytes) / Double(total), "bytes/unit")
  }

  /// All queries of a kind once, then once timed; after that how many units each finds.
  private func measure(_ growth: GrowthStore, _ name: String, _ queries: [Query]) async throws {
    let kinds = queries.map(\.kind).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    var matched: [Int] = []
    for kind in kinds {
      var latencies = Latencies()
      for pass in 0..<2 {
        for query in queries where query.kind == kind {
          let options = SearchOptions(user: query.user, limit: 10)
          let start = DispatchTime.now().uptimeNanoseconds
          let results =
            kind == "substring"
            ? try await growth.searchSubstring(query.text, options) : try await growth.search(query.text, options)
          if pass == 1 {
            latencies.add(nanoseconds: DispatchTime.now().uptimeNanoseconds - start)
            matched.append(results.matched)
          }
        }
      }
      latencies.report("\(name), \(kind)")
    }
    let line = "{\"matched\":\"\(name)\",\"counts\":[\(matched.map { "\($0)" }.joined(separator: ","))]}\n"
    FileHandle.standardOutput.write(Data(line.utf8))
  }
}
