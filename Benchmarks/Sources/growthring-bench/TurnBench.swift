import ArgumentParser
import Foundation
import GrowthRing

/// GrowthRing's turn beside its rivals (`make bench-peers`): the work of the table, in the order in which every rival does
/// it, with the keys that every rival is asked for. Beside its measures it prints answers, which the harness compares with
/// those it computed from the records itself.
struct TurnBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "turn")

  @Option(help: "Where the store is made; it is removed first.")
  var store: String

  @Option(help: "The folder of base.bin and tail.bin.")
  var data: String

  @Option(help: "Keys to read, one query a line.")
  var queries: String

  @Option(help: "The first record of the tail to ingest.")
  var from = 0

  @Option(help: "What to ingest, as batch size x batches, such as 1000x50,10000x10.")
  var plan = "1000x2"

  @Option(help: "Events that are appended one by one by 64 tasks.")
  var single = 256

  func run() async throws {
    try? FileManager.default.removeItem(atPath: store)
    let keys = try QueryKeys(path: queries)
    var source: any EventSource = try RecordSource(path: data + "/base.bin")
    announce(phase: "ingest")
    var growth = try await open()
    try await load(&source, into: growth)
    try await growth.close()

    growth = try await reopen(firstRead: keys.pairs[0])
    announce(phase: "read")
    try TurnReads(store: growth, keys: keys).run()
    try await scans(growth, newest: keys.newest)
    let seconds = try await elapsed {
      let report = try await growth.verify()
      guard report.isSound else { throw ValidationError("verify: \(report.problems.prefix(3))") }
    }
    emit("verify", seconds, "s")

    var tail = try RecordSource(path: data + "/tail.bin")
    tail.skip(from)
    try await ingestTail(&tail, into: growth)
    try totals(try await growth.snapshot())
    try await growth.close()
  }

  private func open() async throws -> GrowthStore {
    var options = StoreOptions()
    options.createIfMissing = true
    return try await GrowthStore.open(store, options: options)
  }

  /// Batches are made beforehand, some at a time.
  private func load(_ source: inout any EventSource, into growth: GrowthStore) async throws {
    var events = 0
    var seconds = 0.0
    while true {
      let batches = try (0..<8).map { _ in try source.next(100_000) }
      seconds += try await elapsed { for batch in batches where !batch.isEmpty { _ = try await growth.append(batch) } }
      events += batches.reduce(0) { $0 + $1.count }
      if batches.contains(where: \.isEmpty) { break }
    }
    // Until nothing is due any more.
    seconds += try await elapsed { try await growth.flush() }
    emit("load", Double(events) / seconds, "events/s")
    // What a store at rest does by itself, for the sake of reads.
    emit("merge.settle", try await elapsed { while try await growth.compact() {} }, "s")
    // As the rivals are read when they are in their best order.
    emit("merge.all", try await elapsed { _ = try await growth.compact(everything: true) }, "s")
    let stats = try await growth.stats()
    for column in stats.columns { emit("size." + column.name, Double(column.bytes) / Double(events), "bytes/event") }
    emit("size", Double(stats.segmentBytes) / Double(events), "bytes/event")
    let aggregates = stats.rollups.reduce(0) { $0 + $1.count }
    emit("size.aggregate", Double(stats.runBytes) / Double(max(1, aggregates)), "bytes/aggregate")
    emit("written", Double(stats.bytesWritten) / Double(events), "bytes/event")
  }

  /// Opens the store with its files out of the page cache and reads once; the median of five times.
  private func reopen(firstRead key: QueryKeys.Pair) async throws -> GrowthStore {
    var times: [Double] = []
    while true {
      PageCache.evict(folder: store)
      var opened: GrowthStore?
      times.append(
        try await elapsed {
          opened = try await open()
          _ = try await opened?.growth(user: key.user, entity: key.entity)
        })
      if times.count == 5, let opened {
        emit("open", times.sorted()[2] * 1e3, "ms")
        return opened
      }
      try await opened?.close()
    }
  }

  /// What is asked of all raw events; the median of three times.
  private func scans(_ growth: GrowthStore, newest: Timestamp) async throws {
    func median(_ name: String, _ body: () async throws -> [Int]) async throws {
      var times: [Double] = []
      var answer: [Int] = []
      for _ in 0..<3 { times.append(try await elapsed { answer = try await body() }) }
      emit(name, times.sorted()[1], "s")
      emitAnswer(name, answer)
    }
    var recomputed: EventSummaries?
    var times: [Double] = []
    for _ in 0..<3 {
      times.append(
        try await elapsed { recomputed = try await growth.summary(by: [.user, .entity, .entityType, .dimension]) })
    }
    emit("recompute", times.sorted()[1], "s")
    let groups = try recomputed?.rows() ?? []
    let score = groups.reduce(0) { $0 + Int($1.score.millionths / 1_000) }
    emitAnswer("recompute", [groups.count, groups.reduce(0) { $0 + Int($1.eventCount) }, score])
    try await median("daily") {
      let rows = try await growth.summary(by: [.day, .dimension]).rows()
      return [rows.count, rows.reduce(0) { $0 + Int($1.score.millionths / 1_000) }]
    }
    try await median("active") {
      try await growth.activeUsers(
        since: [7, 30].map { Timestamp(microseconds: newest.microseconds - Int64($0) * 86_400_000_000 + 1) })
    }
  }

  private func ingestTail(_ source: inout RecordSource, into growth: GrowthStore) async throws {
    for step in plan.split(separator: ",") {
      let numbers = step.split(separator: "x").compactMap { Int($0) }
      guard numbers.count == 2 else { throw ValidationError("a step of a plan is like 1000x50, not \(step)") }
      let batches = try (0..<numbers[1]).map { _ in try source.next(numbers[0]) }
      let seconds = try await elapsed { for batch in batches { _ = try await growth.append(batch) } }
      emit("ingest.\(numbers[0])", Double(numbers[0] * numbers[1]) / seconds, "events/s")
    }
    let batch = try source.next(single)
    let events = (0..<batch.count).map { batch.event(at: $0) }
    let seconds = try await elapsed {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<64 {
          group.addTask {
            for row in stride(from: task, to: events.count, by: 64) { _ = try await growth.append([events[row]]) }
          }
        }
        try await group.waitForAll()
      }
    }
    emit("append.single", Double(events.count) / seconds, "events/s")
  }

  /// The sums of all aggregates: every event must have reached its own.
  private func totals(_ snapshot: GrowthSnapshot) throws {
    var answer = AggregateSums()
    for user in try snapshot.topUsers(limit: .max) {
      answer.events += Int(user.eventCount)
      answer.score += Int(user.score.millionths / 1_000)
    }
    emitAnswer("totals", [answer.events, answer.score])
  }
}

/// Seconds that a body took.
func elapsed(_ body: () async throws -> Void) async throws -> Double {
  let start = DispatchTime.now().uptimeNanoseconds
  try await body()
  return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
}

/// The harness samples memory by phase.
func announce(phase: String) {
  FileHandle.standardOutput.write(Data("{\"phase\":\"\(phase)\"}\n".utf8))
}

func emitAnswer(_ name: String, _ values: [Int]) {
  FileHandle.standardOutput.write(Data("{\"answer\":\"\(name)\",\"values\":\(values)}\n".utf8))
}
