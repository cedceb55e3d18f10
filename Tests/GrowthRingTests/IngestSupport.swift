import GrowthRing
import StoreEngine

/// What a decoder made of an input.
struct Decoded: Equatable {
  var events: [GrowthEvent] = []
  var rejected: [RejectedRecord] = []

  var reasons: [String] {
    rejected.map { "\($0.rejection.line ?? 0) \($0.rejection.field?.name ?? "-") \($0.rejection.reason.code)" }
  }
}

func events(of batch: EventBatch) -> [GrowthEvent] { (0..<batch.count).map { batch.event(at: $0) } }

/// Decodes chunks, filling one batch again for every `limit` events, as the CLI does.
func decodeNDJSON(_ chunks: [[UInt8]], _ options: IngestOptions = IngestOptions(), limit: Int = 1000) -> Decoded {
  var decoder = NDJSONDecoder(options: options)
  var result = Decoded()
  var batch = EventBatch()
  func drain() {
    while decoder.decode(into: &batch, limit: limit - batch.count, rejected: &result.rejected) == .batchFull {
      result.events += events(of: batch)
      batch.removeAll(keepingCapacity: true)
    }
  }
  for chunk in chunks {
    decoder.feed(chunk)
    drain()
  }
  decoder.finish()
  drain()
  result.events += events(of: batch)
  return result
}

func decodeCSV(
  _ chunks: [[UInt8]], _ options: CSVOptions = CSVOptions(), limit: Int = 1000
) throws(CSVHeaderError) -> Decoded {
  var decoder = CSVDecoder(options: options)
  var result = Decoded()
  var batch = EventBatch()
  for (place, chunk) in (chunks + [[]]).enumerated() {
    if place == chunks.count { decoder.finish() } else { decoder.feed(chunk) }
    while try decoder.decode(into: &batch, limit: limit - batch.count, rejected: &result.rejected) == .batchFull {
      result.events += events(of: batch)
      batch.removeAll(keepingCapacity: true)
    }
  }
  result.events += events(of: batch)
  return result
}

func decodeNDJSON(_ text: String, _ options: IngestOptions = IngestOptions()) -> Decoded {
  decodeNDJSON([Array(text.utf8)], options)
}

func decodeCSV(_ text: String, _ options: CSVOptions = CSVOptions()) throws(CSVHeaderError) -> Decoded {
  try decodeCSV([Array(text.utf8)], options)
}

/// A line with every field.
let fullLine =
  #"{"event_id":"018cc251-f400-7000-8000-000000000abc","user_id":"u-1","entity_id":"018CC251-F400-7000-8000-000000000ABC","#
  + #""entity_type":"concept","dim_key":"self_know","delta":-0.375,"source":"jour\u006eal","scope":"org/é","#
  + #""created_at":"2024-01-01 08:12:13.123456Z","metadata":{"version":"1.0","tags":["tag_a","t\n"]}}"#

let fullEvent = GrowthEvent(
  eventID: EventID("018cc251-f400-7000-8000-000000000abc"), user: "u-1",
  entity: "018CC251-F400-7000-8000-000000000ABC", entityType: "concept", dimension: "self_know",
  delta: Delta(millionths: -375_000), source: "journal", scope: "org/é",
  createdAt: Timestamp("2024-01-01T08:12:13.123456Z")!, metadata: #"{"tags":["tag_a","t\n"],"version":"1.0"}"#)

/// A line with the required fields and others.
func line(_ more: String = "", delta: String = "1", user: String = "\"u\"", time: String = "\"2024-01-01\"") -> String {
  #"{"user_id":\#(user),"entity_id":"e","entity_type":"t","dim_key":"d","delta":\#(delta),"created_at":\#(time)\#(more)}"#
}

/// Small seeded randomness (SplitMix64).
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
