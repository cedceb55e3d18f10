import ArgumentParser
import Foundation
import GrowthRing

/// Ingest alone, measured from the first append to the end of flush and compaction. Batches are made beforehand, a few at a
/// time, on this thread, whose CPU time meanwhile is taken off that of the process; so what is left is that of the store.
struct IngestBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "ingest")

  /// Batches that are made before they are appended. Few, for a store to which nothing is appended for a second goes about what it
  /// keeps for quiet times (settling), which would be counted as the cost of ingest.
  private static let batchesAhead = 2

  @Option(help: "Where the store is made; it is removed first.")
  var store = "bench-store"

  @Option(help: "A file of fixed records: the base load.")
  var records: String

  @Option(help: "A file of fixed records that are ingested on top, in small batches.")
  var tail: String?

  @Option(help: "Records of the base load at the most.")
  var limit = Int.max

  @Option(help: "Events of a batch of the base load.")
  var batch = 100_000

  @Option(help: "Fraction of events that are up to three years late.")
  var late = 0.0

  @Flag(name: .customLong("random-ids"), help: "Gives events random ids, not those of their time.")
  var randomIDs = false

  @Option(help: "Events that are appended one by one by 64 tasks.")
  var single = 200_000

  @Option(help: "Events that are appended in batches of 1,000 by one caller.")
  var small = 200_000

  @Option(help: "Bytes of memtables, in MiB.")
  var memory: Int?

  func run() async throws {
    try? FileManager.default.removeItem(atPath: store)
    var options = StoreOptions()
    options.createIfMissing = true
    if let memory { options.memtableBytes = memory << 20 }
    let growth = try await GrowthStore.open(store, options: options)
    var source = try RecordSource(path: records, late: late, randomIDs: randomIDs)
    try await load(&source, into: growth)
    if let tail {
      var source = try RecordSource(path: tail, late: late, randomIDs: randomIDs)
      try await appendSmall(&source, to: growth)
      try await appendSingly(&source, to: growth)
    }
    try await growth.close()
  }

  private func load(_ source: inout RecordSource, into store: GrowthStore) async throws {
    var total = 0
    var appending = Stopwatch()
    var merging = Stopwatch()
    var settling = Stopwatch()
    var making = Stopwatch()
    var memoryBefore: Int?
    var memory = 0
    let used = Process.cpuSeconds
    var feed = 0.0
    while total < limit {
      var batches: [EventBatch] = []
      let thread = Process.threadSeconds
      try making.measureHere {
        while batches.count < Self.batchesAhead, total < limit {
          let next = try source.next(min(batch, limit - total))
          if next.isEmpty { break }
          batches.append(next)
          total += next.count
        }
      }
      feed += Process.threadSeconds - thread
      if batches.isEmpty { break }
      let before = memoryBefore ?? Process.anonymousMemory
      memoryBefore = before
      try await appending.measure {
        for batch in batches {
          let receipt = try await store.append(batch)
          guard receipt.stored == batch.count else { throw ValidationError("only \(receipt.stored) were stored") }
          memory = max(memory, Process.anonymousMemory - before)
        }
      }
    }
    try await merging.measure { try await store.flush() }
    let cpuOfMerges = Process.cpuSeconds - used - feed
    try await settling.measure { while try await store.compact() {} }
    let name = "load in batches of \(batch)"
    let events = Double(total)
    emit(name, events / appending.seconds, "events/s")
    emit(name + ", with flush and merges that are due", events / (appending.seconds + merging.seconds), "events/s")
    emit(
      name + ", with settling", events / (appending.seconds + merging.seconds + settling.seconds), "events/s")
    emit(name + ", CPU with flush and merges that are due", cpuOfMerges / events * 1e6, "µs/event")
    emit(name + ", CPU with settling", (Process.cpuSeconds - used - feed) / events * 1e6, "µs/event")
    emit(name + ", CPU of settling", settling.cpu / events * 1e6, "µs/event")
    emit("making batches, not counted above", making.seconds, "s")
    emit(name + ", memory above that of the batches", Double(memory >> 20), "MiB")
    let stats = try await store.stats()
    emit("bytes written", Double(stats.bytesWritten) / events, "bytes/event")
    emit("bytes logged", Double(stats.bytesLogged) / events, "bytes/event")
    emit("bytes written per byte logged", Double(stats.bytesWritten) / Double(stats.bytesLogged), "")
    emit("segments", Double(stats.segmentBytes) / events, "bytes/event")
    emit("runs", Double(stats.runBytes) / events, "bytes/event")
    emit("files", Double(stats.segments + stats.runs), "")
    emit("syncs", Double(stats.syncs), "")
  }

  private func appendSmall(_ source: inout RecordSource, to store: GrowthStore) async throws {
    var batches: [EventBatch] = []
    while batches.count < small / 1_000 { batches.append(try source.next(1_000)) }
    guard !batches.isEmpty else { return }
    var watch = Stopwatch()
    try await watch.measure {
      for batch in batches { _ = try await store.append(batch) }
    }
    watch.emit("batches of 1,000", events: small)
  }

  private func appendSingly(_ source: inout RecordSource, to store: GrowthStore) async throws {
    let tasks = 64
    var shares: [[EventBatch]] = []
    for _ in 0..<tasks {
      var share: [EventBatch] = []
      for _ in 0..<single / tasks { share.append(try source.next(1)) }
      shares.append(share)
    }
    let given = shares
    guard single >= tasks else { return }
    var watch = Stopwatch()
    let before = try await store.stats().syncs
    try await watch.measure {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for share in given {
          group.addTask { for event in share { _ = try await store.append(event) } }
        }
        try await group.waitForAll()
      }
    }
    watch.emit("single events of \(tasks) tasks", events: single / tasks * tasks)
    let syncs = try await store.stats().syncs - before
    emit("single events of \(tasks) tasks, events a sync", Double(single) / Double(max(1, syncs)), "")
  }
}

/// Wall and CPU time of what is measured, added up.
struct Stopwatch {
  private(set) var seconds = 0.0
  private(set) var cpu = 0.0

  mutating func measure(_ body: () async throws -> Void) async throws {
    let start = DispatchTime.now().uptimeNanoseconds
    let used = Process.cpuSeconds
    try await body()
    seconds += Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    cpu += Process.cpuSeconds - used
  }

  /// The same of work on the calling thread alone.
  mutating func measureHere(_ body: () throws -> Void) rethrows {
    let start = DispatchTime.now().uptimeNanoseconds
    try body()
    seconds += Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
  }

  func emit(_ name: String, events: Int) {
    growthring_bench.emit(name, Double(events) / seconds, "events/s")
    growthring_bench.emit(name + ", CPU", cpu / Double(events) * 1e6, "µs/event")
  }
}
