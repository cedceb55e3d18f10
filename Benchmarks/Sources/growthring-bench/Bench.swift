import ArgumentParser
import Foundation
import GrowthRing

@main
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "growthring-bench",
    subcommands: [
      EngineBench.self, IngestBench.self, ReadBench.self, ScanBench.self, ParseBench.self, ParquetBench.self,
      AgeBench.self, GenerateBench.self, TurnBench.self, UnitBench.self, TextBench.self, WhereBench.self,
    ],
    defaultSubcommand: EngineBench.self)
}

/// Whole-engine measurements: durable ingest with all aggregates kept, reads, sizes, opening, memory.
struct EngineBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "engine")

  @Option(help: "Where the store is made; it is removed first.")
  var store = "bench-store"

  @Option(help: "Generated events of the base load.")
  var events = 1_000_000

  @Option(help: "A file of fixed records instead of generated events.")
  var records: String?

  @Option(help: "A file of fixed records that are ingested on top, in batches of several sizes.")
  var tail: String?

  @Option(help: "Fraction of generated events that are up to three years late.")
  var late = 0.0

  @Option(help: "Number of point reads.")
  var reads = 20_000

  func run() async throws {
    try? FileManager.default.removeItem(atPath: store)
    var options = StoreOptions()
    options.createIfMissing = true
    var growth = try await GrowthStore.open(store, options: options)
    var base: any EventSource =
      if let records { try RecordSource(path: records) } else { GeneratedSource(events: events, seed: 1, late: late) }
    let loaded = try await ingest(&base, into: growth, batch: 100_000, limit: .max, name: "load of the base")
    var start = Date()
    try await growth.flush()
    emit("flush and merges that are due after the load", Date().timeIntervalSince(start), "s")
    start = Date()
    while try await growth.compact() {}
    emit("settling, as a store at rest does by itself", Date().timeIntervalSince(start), "s")
    try await sizes(growth, events: loaded)
    if let tail {
      var source: any EventSource = try RecordSource(path: tail)
      for (size, limit) in [(1_000, 100_000), (10_000, 300_000), (100_000, 600_000)] {
        _ = try await ingest(&source, into: growth, batch: size, limit: limit, name: "ingest in batches of \(size)")
      }
    }
    try await growth.close()
    emit("peak memory of ingest", Double(Process.peakMemory), "MiB")
    var clock = DispatchTime.now().uptimeNanoseconds
    growth = try await GrowthStore.open(store, options: options)
    emit("open", Double(DispatchTime.now().uptimeNanoseconds - clock) / 1e6, "ms")
    try pointReads(growth)
    clock = DispatchTime.now().uptimeNanoseconds
    let report = try await growth.verify()
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - clock) / 1e9
    guard report.isSound else { throw ValidationError("verify: \(report.problems.prefix(3))") }
    emit("verify", seconds, "s")
    emit("verify", Double(report.events) / seconds, "events/s")
    try await growth.close()
    emit("peak memory", Double(Process.peakMemory), "MiB")
  }

  private func ingest(
    _ source: inout any EventSource, into store: GrowthStore, batch size: Int, limit: Int, name: String
  ) async throws -> Int {
    var total = 0
    var seconds = 0.0
    var cpu = 0.0
    while total < limit {
      let batch = try source.next(min(size, limit - total))
      if batch.isEmpty { break }
      let start = DispatchTime.now().uptimeNanoseconds
      let used = Process.cpuSeconds
      let receipt = try await store.append(batch)
      seconds += Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
      cpu += Process.cpuSeconds - used
      guard receipt.stored == batch.count else { throw ValidationError("only \(receipt.stored) were stored") }
      total += batch.count
    }
    emit(name, Double(total) / seconds, "events/s")
    emit(name + ", CPU", cpu / Double(total) * 1e6, "µs/event")
    return total
  }

  private func sizes(_ store: GrowthStore, events: Int) async throws {
    let stats = try await store.stats()
    for column in stats.columns { emit("column " + column.name, Double(column.bytes) / Double(events), "bytes/event") }
    if let records {
      for floor in try EntropyFloors(records: records).columns {
        emit("floor of " + floor.name, floor.bytes, "bytes/event")
      }
    }
    emit("segments", Double(stats.segmentBytes) / Double(events), "bytes/event")
    let aggregates = stats.rollups.reduce(0) { $0 + $1.count }
    emit("runs", Double(stats.runBytes) / Double(max(1, aggregates)), "bytes/aggregate")
    emit("written", Double(stats.bytesWritten) / Double(events), "bytes/event")
    emit("written per byte logged", Double(stats.bytesWritten) / Double(max(1, stats.bytesLogged)), "")
    emit("syncs", Double(stats.syncs), "")
  }

  private func pointReads(_ store: GrowthStore) throws {
    var keys: ReadKeys
    if let records {
      keys = try ReadKeys(records: records, count: reads)
    } else {
      keys = ReadKeys(keys: [])
      var generator = GeneratedSource(events: events, seed: 1, late: late)
      while keys.keys.count < reads {
        let batch = try generator.next(10_000)
        if batch.isEmpty { break }
        for row in stride(from: 0, to: batch.count, by: max(1, events / reads)) {
          let event = batch.event(at: row)
          keys.keys.append((event.user, event.entity, event.dimension))
        }
      }
      keys = ReadKeys(keys: keys.keys)
    }
    try keys.measure(store)
  }
}
