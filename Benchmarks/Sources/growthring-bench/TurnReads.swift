import Foundation
import GrowthRing

/// The keys that all engines are asked for, written by the harness: `P user entity`, `U user`, `H user entity dimension`,
/// and `N`, the newest time of the base.
struct QueryKeys {
  typealias Pair = (user: String, entity: String)
  private(set) var pairs: [Pair] = []
  private(set) var users: [String] = []
  private(set) var newest = Timestamp(microseconds: 0)
  typealias History = (user: String, entity: String, dimension: String)
  private(set) var histories: [History] = []

  init(path: String) throws {
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      switch words[0] {
      case "P": pairs.append((words[1], words[2]))
      case "U": users.append(words[1])
      case "N": newest = Timestamp(microseconds: Int64(words[1]) ?? 0)
      default: histories.append((words[1], words[2], words[3]))
      }
    }
  }
}

/// What the rows of a set of queries add up to; the same of every engine, and of the records.
struct AggregateSums {
  var rows = 0
  var events = 0
  /// In thousandths.
  var score = 0
  /// The sum of the newest times, in milliseconds.
  var last = 0

  mutating func add(_ growth: [Growth]) {
    rows += growth.count
    for row in growth {
      events += Int(row.eventCount)
      score += Int(row.score.millionths / 1_000)
      last += Int(row.lastEventAt.microseconds / 1_000)
    }
  }
}

/// Reads on the calling thread, all keys once for their answers and once timed. Times are of the whole call, in process;
/// those of all dimensions of a pair and of all growth of a user into rows that are used again, others into fresh records.
struct TurnReads {
  let store: GrowthStore
  let keys: QueryKeys

  func run() throws {
    let direct = store.direct
    var rows = GrowthRows()
    answer("pairs", try keys.pairs.map { try direct.growth(user: $0.user, entity: $0.entity) })
    try time("read.pair", keys.pairs) { try direct.growth(user: $0.user, entity: $0.entity, into: &rows) }
    answer("users", try keys.users.map { try direct.growth(user: $0) })
    try time("read.user", keys.users) { try direct.growth(user: $0, into: &rows) }
    let top = try keys.users.map { try direct.growth(user: $0, order: .score, limit: 20) }
    try time("read.top20", keys.users) { _ = try direct.growth(user: $0, order: .score, limit: 20) }
    emitAnswer("top20", [sums(top).rows, sums(top).score])
    func history(_ key: QueryKeys.History, withMetadata: Bool) throws -> [GrowthEvent] {
      try direct.history(
        user: key.user, entity: key.entity, dimension: key.dimension, limit: 50, withMetadata: withMetadata
      ).events
    }
    let pages = try keys.histories.map { try history($0, withMetadata: true) }
    try time("read.history_metadata", keys.histories) { _ = try history($0, withMetadata: true) }
    try time("read.history", keys.histories) { _ = try history($0, withMetadata: false) }
    var sums = [0, 0, 0]
    var metadata = 0
    for event in pages.joined() {
      sums[0] += 1
      sums[1] += Int(event.delta.millionths / 1_000)
      sums[2] += Int(event.createdAt.microseconds / 1_000)
      metadata += event.metadata.utf8.count
    }
    emitAnswer("history", sums)
    emitAnswer("history_metadata", sums + [metadata])
  }

  private func time<Key>(_ name: String, _ keys: [Key], _ read: (Key) throws -> Void) rethrows {
    var latencies = Latencies()
    for key in keys { try latencies.measure { try read(key) } }
    emit(name + ".p50", latencies.percentile(0.5), "µs")
    emit(name + ".p99", latencies.percentile(0.99), "µs")
  }

  private func sums(_ results: [[Growth]]) -> AggregateSums {
    var sums = AggregateSums()
    for rows in results { sums.add(rows) }
    return sums
  }

  private func answer(_ name: String, _ results: [[Growth]]) {
    let sums = sums(results)
    emitAnswer(name, [sums.rows, sums.events, sums.score, sums.last])
  }
}
