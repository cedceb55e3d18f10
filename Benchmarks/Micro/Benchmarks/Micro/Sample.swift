import Columnar
import GrowthRing
import StoreEngine

/// Generated events, and what the benchmarks make of them beforehand.
struct Sample: Sendable {
  static let count = 8_192
  let batch: EventBatch
  let ndjson: [UInt8]
  let csv: [UInt8]

  init() {
    var generator = EventGenerator(.init(events: Self.count))
    var batch = EventBatch()
    _ = generator.next(into: &batch, count: Self.count)
    self.batch = batch
    var ndjson: [UInt8] = []
    NDJSONEventEncoder().encode(batch, into: &ndjson)
    self.ndjson = ndjson
    let encoder = CSVEventEncoder()
    var csv = Array(encoder.header.utf8)
    encoder.encode(batch, into: &csv)
    self.csv = csv
  }

  /// One identity an event, hashed as segments do.
  var keyHashes: [UInt64] {
    (0..<batch.count).map {
      keyHash(userHash: UInt64(batch.user[$0]), high: batch.eventIDHigh[$0], low: batch.eventIDLow[$0])
    }
  }
}

/// A result nobody needs must be made all the same; errors mean that the benchmark itself is broken.
func sure<Value>(_ body: () throws -> Value) -> Value {
  do { return try body() } catch { fatalError("\(error)") }
}
