import ArgumentParser
import Foundation
import GrowthRing
import Synchronization

/// Ageing: how fast events go to the archive and come back, and what reads notice of it while somebody appends at full speed.
///
/// The same readers ask at two paces, at rest and beside all that: one read after the other, and one a millisecond. The second
/// finds the caches taken by others, and is as long under way as it waits for memory; so it is the one that the interrupts of a
/// busy machine meet more often.
struct AgeBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "age")

  @Option(help: "Where the store is made; it is removed first.")
  var store = "bench-store"

  @Option(help: "Events of the base load, of which half are of age for the archive.")
  var events = 1_000_000

  @Option(help: "A file of fixed records for the base load, all of age; without it, events are generated.")
  var records: String?

  @Option(help: "How long to append, read and maintain at once; 0 for not at all.")
  var seconds = 120

  @Option(help: "Tasks that read.")
  var readers = 8

  /// What readers do between two reads.
  private enum Pace: String, CaseIterable {
    case oneAfterTheOther = "one after the other"
    case oneAMillisecond = "one a millisecond"
  }

  func run() async throws {
    try? FileManager.default.removeItem(atPath: store)
    var options = StoreOptions()
    options.createIfMissing = true
    let growth = try await GrowthStore.open(store, options: options)
    let keys = try await load(growth)
    try await archive(growth)
    if seconds == 0 { return try await growth.close() }
    var idle: [Pace: Latencies] = [:]
    for pace in Pace.allCases { idle[pace] = try await read(growth, keys, pace, seconds: min(20, Double(seconds))) }
    let busy = try await disturb(growth, keys)
    for pace in Pace.allCases {
      guard let idle = idle[pace], let busy = busy[pace] else { continue }
      let percentiles = [("p50", 0.5), ("p98", 0.98), ("p99", 0.99), ("p99.9", 0.999)]
      idle.report("point reads, \(pace.rawValue), idle", percentiles)
      busy.report("point reads, \(pace.rawValue), beside appends and maintenance", percentiles)
      for (name, fraction) in percentiles.dropLast() {
        emit(
          "point reads, \(pace.rawValue), \(name) beside / idle",
          busy.percentile(fraction) / max(0.001, idle.percentile(fraction)), "")
      }
    }
    let report = try await growth.verify()
    guard report.isSound else { throw ValidationError("verify: \(report.problems.prefix(3))") }
    emit("verified events", Double(report.events), "")
    try await growth.close()
  }

  /// The base, with a policy by which half of it is of age; keys of it.
  private func load(_ growth: GrowthStore) async throws -> [(user: String, entity: String)] {
    var source: any EventSource = GeneratedSource(events: events, seed: 1, late: 0.1)
    if let records { source = try RecordSource(path: records, limit: events) }
    var keys: [(user: String, entity: String)] = []
    var times: [Int64] = []
    while true {
      let batch = try source.next(50_000)
      if batch.isEmpty { break }
      for row in stride(from: 0, to: batch.count, by: 100) {
        let event = batch.event(at: row)
        keys.append((event.user, event.entity))
        times.append(event.createdAt.microseconds)
      }
      _ = try await growth.append(batch)
    }
    times.sort()
    let youngest = records == nil ? times[times.count / 2] : times[times.count - 1]
    let age = Age(microseconds: Int64(Date().timeIntervalSince1970 * 1e6) - youngest)
    try await growth.apply(policy: AgeingPolicy(rules: [], rest: AgeingRule(warmAfter: age, archiveAfter: age)))
    try await growth.flush()
    while try await growth.compact() {}
    return keys
  }

  private func archive(_ growth: GrowthStore) async throws {
    let cpu = Process.cpuSeconds
    var moved = 0
    let taken = try await elapsed {
      guard let job = try await growth.maintain([.archive]), job.error == nil else {
        throw ValidationError("archiving failed")
      }
      moved = job.moved
    }
    emit("archived", Double(moved), "events")
    emit("archive, with reading back", Double(moved) / taken, "events/s")
    emit("archive, with reading back, CPU", (Process.cpuSeconds - cpu) / Double(moved) * 1e6, "µs/event")
    let stats = try await growth.stats()
    let bytes = stats.tiers.first { $0.name == "archive" }?.bytes ?? 0
    emit("archived files and indexes", Double(bytes) / Double(moved), "bytes/event")
    let before = Process.cpuSeconds
    let scrub = try await elapsed { _ = try await growth.maintain([.scrub]) }
    emit("scrub of all files", Double(stats.events) / scrub, "events/s")
    emit("scrub of all files, CPU", (Process.cpuSeconds - before) / Double(stats.events) * 1e6, "µs/event")
  }

  /// Point reads of so many tasks for some time.
  private func read(
    _ growth: GrowthStore, _ keys: [(user: String, entity: String)], _ pace: Pace, seconds: Double
  ) async throws -> Latencies {
    let end = Date().addingTimeInterval(seconds)
    return try await withThrowingTaskGroup(of: Latencies.self) { group in
      for reader in 0..<readers {
        group.addTask {
          var rows = GrowthRows()
          var latencies = Latencies()
          var place = reader * 7919
          while Date() < end {
            // So many at once that looking at the time and letting others go on counts for little, and one of sixteen measured, so
            // that the times of minutes stay few.
            for number in 0..<(pace == .oneAfterTheOther ? 96 : 1) {
              let key = keys[place % keys.count]
              place += 104_729
              if number % 16 == 0 {
                try latencies.measure { try growth.direct.growth(user: key.user, entity: key.entity, into: &rows) }
              } else {
                try growth.direct.growth(user: key.user, entity: key.entity, into: &rows)
              }
              guard rows.count > 0 else { throw ValidationError("\(key) is gone") }
            }
            switch pace {
            case .oneAfterTheOther: await Task.yield()
            case .oneAMillisecond: try await Task.sleep(for: .milliseconds(1))
            }
          }
          return latencies
        }
      }
      return try await group.reduce(into: Latencies()) { $0.add($1) }
    }
  }

  /// The same beside a task that appends as fast as it can, one that maintains through a store of its own that is open for
  /// reading only, as the CLI does, and one that looks whether what it sees adds up.
  private func disturb(
    _ growth: GrowthStore, _ keys: [(user: String, entity: String)]
  ) async throws -> [Pace: Latencies] {
    let end = Date().addingTimeInterval(Double(seconds))
    let (folder, base) = (store, events)
    let tally = Tally()
    let writing = Task {
      var source = GeneratedSource(events: 50_000_000, seed: 2, late: 0.3)
      while Date() < end {
        let receipt = try await growth.append(try source.next(10_000))
        tally.add { $0.appended += receipt.stored }
      }
    }
    let maintaining = Task {
      var options = StoreOptions()
      options.access = .readOnly
      let other = try await GrowthStore.open(folder, options: options)
      while Date() < end {
        if let job = try await other.maintain([.flush, .compact, .warm, .archive]) {
          if let error = job.error { throw ValidationError(error) }
          tally.add {
            $0.jobs += 1
            $0.moved += job.moved
          }
        }
      }
      try await other.close()
    }
    let checking = Task {
      while Date() < end {
        let known = base + tally.counts.appended
        let snapshot = try await growth.snapshot()
        let sum = try snapshot.topUsers(limit: .max).reduce(0) { $0 + Int($1.eventCount) }
        guard sum == snapshot.eventCount, sum >= known else {
          throw ValidationError("\(sum) events are counted, \(snapshot.eventCount) there, \(known) acknowledged")
        }
        tally.add { $0.checks += 1 }
        try await Task.sleep(for: .seconds(2))
      }
    }
    var times: [Pace: Latencies] = [:]
    for pace in Pace.allCases {
      times[pace] = try await read(growth, keys, pace, seconds: Double(seconds) / Double(Pace.allCases.count))
    }
    try await writing.value
    try await maintaining.value
    try await checking.value
    let done = tally.counts
    emit("appended meanwhile", Double(done.appended) / Double(seconds), "events/s")
    emit("maintenance meanwhile", Double(done.jobs), "jobs")
    emit("moved meanwhile", Double(done.moved), "events")
    emit("sums checked meanwhile", Double(done.checks), "")
    return times
  }
}

/// What several tasks have done.
private final class Tally: Sendable {
  struct Counts: Sendable {
    var appended = 0
    var jobs = 0
    var moved = 0
    var checks = 0
  }

  private let state = Mutex(Counts())

  var counts: Counts { state.withLock { $0 } }

  func add(_ change: @Sendable (inout Counts) -> Void) { state.withLock { change(&$0) } }
}
