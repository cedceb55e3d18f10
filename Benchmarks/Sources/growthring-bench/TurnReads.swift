import Foundation
import GrowthRing

/// The keys that all engines are asked for, written by the harness: `P user entity`, `U user`, `H user entity dimension`,
/// and `N`, the newest time of the base.
struct QueryKeys {
  typealias Pair = (user: String, entity: String)
  private(set) var pairs: [Pair] = []
  private(set) var users: [String] = []
  private(set) var newest = Timestamp(microseconds: 0)
  private(set) var histories: [(user: String, entity: String, dimension: String)] = []

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

/// Point reads, all keys once untimed and once timed. Times are of the whole call, in process.
struct TurnReads {
  let snapshot: GrowthSnapshot
  let keys: QueryKeys

  func run() throws {
    let pairs = try time("read.pair", keys.pairs) { try snapshot.growth(user: $0.user, entity: $0.entity) }
    answer("pairs", pairs)
    answer("users", try time("read.user", keys.users) { try snapshot.growth(user: $0) })
    let top = try time("read.top20", keys.users) { try snapshot.growth(user: $0, order: .score, limit: 20) }
    emitAnswer("top20", [sums(top).rows, sums(top).score])
    let pages = try time("read.history_metadata", keys.histories) {
      try snapshot.history(user: $0.user, entity: $0.entity, dimension: $0.dimension, limit: 50).events
    }
    var history = [0, 0, 0]
    var metadata = 0
    for event in pages.joined() {
      history[0] += 1
      history[1] += Int(event.delta.millionths / 1_000)
      history[2] += Int(event.createdAt.microseconds / 1_000)
      metadata += event.metadata.utf8.count
    }
    emitAnswer("history", history)
    emitAnswer("history_metadata", history + [metadata])
  }

  private func time<Key, Rows>(_ name: String, _ keys: [Key], _ read: (Key) throws -> [Rows]) rethrows -> [[Rows]] {
    let results = try keys.map(read)
    var latencies = Latencies()
    for key in keys { try latencies.measure { _ = try read(key) } }
    emit(name + ".p50", latencies.percentile(0.5), "µs")
    emit(name + ".p99", latencies.percentile(0.99), "µs")
    return results
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
