import ArgumentParser
import Foundation
import GrowthRing

/// What the reads of a store cost that is there already: quick turns while working on reads.
struct ReadBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "reads")

  @Option(help: "The store, as `engine` left it. Nothing is appended to it unless `--tail` is given.")
  var store = "bench-store"

  @Option(help: "The file of fixed records that it was made of.")
  var records: String

  @Option(help: "A file of keys as gen.py writes it; else keys are those of random events, so mostly of large users.")
  var keys: String?

  @Option(help: "A file of fixed records that is appended while reads are measured.")
  var tail: String?

  @Option(help: "Events of it that are appended at the most.")
  var tailEvents = 1_000_000

  @Option(help: "Number of point reads.")
  var reads = 20_000

  @Option(help: "Only reads whose name contains this.")
  var only = ""

  @Option(help: "How often all keys are read; the best pass counts.")
  var passes = 4

  @Option(help: "How often the store is opened and read once with its files out of the page cache; the median counts.")
  var cold = 0

  func run() async throws {
    if cold > 0 { try await measureCold() }
    var keys = try self.keys.map { try ReadKeys(file: $0) } ?? ReadKeys(records: records, count: reads)
    let clock = DispatchTime.now().uptimeNanoseconds
    let growth = try await GrowthStore.open(store)
    let opened = DispatchTime.now().uptimeNanoseconds
    emit("open", Double(opened - clock) / 1e6, "ms")
    _ = try growth.direct.growth(user: keys.keys[0].user, entity: keys.keys[0].entity)
    emit("first point read", Double(DispatchTime.now().uptimeNanoseconds - opened) / 1e6, "ms")
    try keys.measure(growth, only: only, passes: passes)
    if let tail { try await keys.measureBeside(growth, tail: try RecordSource(path: tail, limit: tailEvents)) }
    try await growth.close()
    emit("peak memory", Double(Process.peakMemory), "MiB")
  }
}

extension ReadBench {
  /// Each time another key.
  private func measureCold() async throws {
    let keys = try self.keys.map { try ReadKeys(file: $0) } ?? ReadKeys(records: records, count: reads)
    var opens: [Double] = []
    var firsts: [Double] = []
    for turn in 0..<cold {
      PageCache.evict(folder: store)
      let key = keys.keys[turn % keys.keys.count]
      let start = DispatchTime.now().uptimeNanoseconds
      let growth = try await GrowthStore.open(store)
      let opened = DispatchTime.now().uptimeNanoseconds
      _ = try await growth.growth(user: key.user, entity: key.entity)
      opens.append(Double(opened - start) / 1e6)
      firsts.append(Double(DispatchTime.now().uptimeNanoseconds - opened) / 1e6)
      try await growth.close()
    }
    let both = zip(opens, firsts).map { $0 + $1 }
    emit("cold open", opens.sorted()[cold / 2], "ms")
    emit("cold first point read", firsts.sorted()[cold / 2], "ms")
    emit("cold open and first point read", both.sorted()[cold / 2], "ms")
  }
}

/// Keys of stored events, and the measurements of reads with them.
struct ReadKeys {
  typealias Key = (user: String, entity: String, dimension: String)
  var keys: [Key] = []
  var users: [String]
  /// Once to warm up, then the best counts, because the machine is shared.
  private var passes = 4

  init(keys: [Key]) {
    self.keys = keys
    users = keys.prefix(2_000).map(\.user)
  }

  /// Keys drawn evenly: of pairs for point reads, of users for reads of all of a user.
  init(file: String) throws {
    struct Keys: Decodable {
      let triples: [[String]]
      let users: [String]
    }
    let read = try JSONDecoder().decode(Keys.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
    keys = read.triples.map { ($0[0], $0[1], $0[2]) }
    users = read.users
  }

  /// Keys of records at random places.
  init(records: String, count: Int) throws {
    let source = try RecordSource(path: records)
    var state: UInt64 = 1
    for _ in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      keys.append(source.key(Int(state >> 33) % source.count))
    }
    users = keys.prefix(2_000).map(\.user)
  }

  /// Warm reads, on this thread.
  mutating func measure(_ store: GrowthStore, only: String = "", passes: Int = 4) throws {
    self.passes = passes
    let direct = store.direct
    var rows = GrowthRows()
    try measure("point read", keys, only) { try direct.growth(user: $0.user, entity: $0.entity, into: &rows) }
    try measure("point read as records", keys, only) { _ = try direct.growth(user: $0.user, entity: $0.entity) }
    var total = 0
    for user in users {
      try direct.growth(user: user, into: &rows)
      total += rows.count
    }
    emit("rows of a user", Double(total) / Double(users.count), "")
    try measure("growth of a user", users, only) { try direct.growth(user: $0, into: &rows) }
    try measure("growth of a user as records", users, only) { _ = try direct.growth(user: $0) }
    try measure("top 20 of a user", users, only) { _ = try direct.growth(user: $0, order: .score, limit: 20) }
    for (name, withMetadata) in [("history of 50", true), ("history of 50 without metadata", false)] {
      try measure(name, keys, only) {
        _ = try direct.history(
          user: $0.user, entity: $0.entity, dimension: $0.dimension, limit: 50, withMetadata: withMetadata)
      }
    }
  }

  private func measure<T>(_ name: String, _ keys: [T], _ only: String, _ read: (T) throws -> Void) throws {
    guard only.isEmpty || name.contains(only) else { return }
    var best: Latencies?
    for _ in 0..<passes {
      var latencies = Latencies()
      for key in keys { try latencies.measure { try read(key) } }
      if let known = best, known.percentile(0.5) <= latencies.percentile(0.5) { continue }
      best = latencies
    }
    best?.report(name)
  }

  /// Point reads while another task appends as fast as it can.
  func measureBeside(_ store: GrowthStore, tail: RecordSource) async throws {
    let done = AtomicFlag()
    let writing = Task {
      var source = tail
      var appended = 0
      let start = DispatchTime.now().uptimeNanoseconds
      while true {
        let batch = try source.next(10_000)
        if batch.isEmpty { break }
        _ = try await store.append(batch)
        appended += batch.count
      }
      done.set()
      return Double(appended) / (Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9)
    }
    var rows = GrowthRows()
    var latencies = Latencies()
    var place = 0
    while !done.isSet {
      let key = keys[place % keys.count]
      place += 1
      try latencies.measure { try store.direct.growth(user: key.user, entity: key.entity, into: &rows) }
    }
    emit("ingest beside reads", try await writing.value, "events/s")
    latencies.report("point read beside ingest")
  }
}
