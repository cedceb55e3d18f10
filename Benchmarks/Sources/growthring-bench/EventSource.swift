import Foundation
import GrowthRing

/// Where a benchmark's events come from: the project's generator, or a file of fixed records that rivals read too.
protocol EventSource {
  /// Fills a fresh batch with up to `count` events; empty at the end.
  mutating func next(_ count: Int) throws -> EventBatch
}

struct GeneratedSource: EventSource {
  private var generator: EventGenerator

  init(events: Int, seed: UInt64, late: Double) {
    generator = EventGenerator(.init(events: events, seed: seed, late: late))
  }

  mutating func next(_ count: Int) throws -> EventBatch {
    var batch = EventBatch()
    _ = generator.next(into: &batch, count: count)
    return batch
  }
}

/// Records of 80 bytes: event, user and entity id (16 bytes each), time (i64 µs), delta (i32 thousandths), metadata (u32
/// line of the file beside it), entity type, dimension and source (u8 each), and padding.
struct RecordSource: EventSource {
  private let data: Data
  private var metadata: TextLines
  private let limit: Int
  private var position = 0
  private let late: Double
  private let randomIDs: Bool
  private var state: UInt64 = 7
  /// Tags for some records beside their own.
  var rare: RareTags?
  private static let length = 80

  static let dimensions = ["self_know", "self_act", "self_show", "world_know", "world_act", "world_show"]
  static let entityTypes = ["concept", "memory_unit", "derived_artifact", "quest", "skill"]
  static let sources = [
    "journal_entry", "challenge_complete", "quiz_answer", "chat_turn", "concept_link", "artifact_publish",
    "review_session", "peer_feedback", "daily_checkin", "import_backfill", "coach_note", "decay_job",
  ]

  /// `late` moves a fraction of the events, with the times in their ids, up to three years back; `randomIDs` makes all ids
  /// of version 4; `limit` takes only so many from the start.
  init(path: String, late: Double = 0, randomIDs: Bool = false, limit: Int = .max) throws {
    self.limit = limit
    data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    metadata = try TextLines(path: path + ".meta")
    self.late = late
    self.randomIDs = randomIDs
  }

  var count: Int { min(limit, data.count / Self.length) }

  mutating func skip(_ records: Int) { position += records }

  /// The user and the entity of a record, for reads.
  func key(_ index: Int) -> (user: String, entity: String, dimension: String) {
    let start = index * Self.length
    return (id(start + 16).description, id(start + 32).description, Self.dimensions[Int(data[start + 65])])
  }

  private mutating func random() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  private mutating func vary(_ id: inout EventID, _ time: inout Int64) {
    if late > 0, Double(random() >> 11) * 0x1p-53 < late {
      let milliseconds = random() % (3 * 365 * 86_400_000)
      time -= Int64(milliseconds) * 1_000
      id = EventID(high: id.high &- milliseconds << 16, low: id.low)
    }
    if randomIDs {
      id = EventID(high: random() & ~0xF000 | 0x4000, low: random() >> 2 | 1 << 63)
    }
  }

  private func id(_ offset: Int) -> EventID { data.withUnsafeBytes { Self.id($0, offset) } }

  @inline(__always)
  private static func id(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> EventID {
    EventID(
      high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
      low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
  }

  mutating func next(_ count: Int) throws -> EventBatch {
    let data = self.data
    return try data.withUnsafeBytes { try next(count, $0) }
  }

  private mutating func next(_ count: Int, _ bytes: UnsafeRawBufferPointer) throws -> EventBatch {
    var batch = EventBatch()
    let end = min(self.count, position + count)
    guard position < end else { return batch }
    let dimensions = try Self.dimensions.map { try batch.code($0, for: .dimension) }
    let entityTypes = try Self.entityTypes.map { try batch.code($0, for: .entityType) }
    let sources = try Self.sources.map { try batch.code($0, for: .source) }
    var users = RecordCodes(capacity: end - position)
    var entities = users
    var texts = users
    for record in position..<end {
      let start = record * Self.length
      var eventID = Self.id(bytes, start)
      var time = bytes.loadUnaligned(fromByteOffset: start + 48, as: Int64.self)
      let delta = bytes.loadUnaligned(fromByteOffset: start + 56, as: Int32.self)
      let line = Int(bytes.loadUnaligned(fromByteOffset: start + 60, as: UInt32.self))
      if late > 0 || randomIDs { vary(&eventID, &time) }
      let userID = Self.id(bytes, start + 16)
      let user = try users.code(userID) { try batch.code(userID.description, for: .user) }
      let entityID = Self.id(bytes, start + 32)
      let entity = try entities.code(entityID) { try batch.code(entityID.description, for: .entity) }
      let tag = rare?.tag(of: record)
      let text = try texts.code(EventID(high: 0, low: UInt64(line))) {
        try batch.code(metadata.text(line), for: .metadata)
      }
      let tagged = try tag.map { try batch.code(RareTags.add($0, to: metadata.text(line)), for: .metadata) }
      try batch.append(
        eventID: eventID, user: user, entity: entity, entityType: entityTypes[Int(bytes[start + 64])],
        dimension: dimensions[Int(bytes[start + 65])], delta: Delta(millionths: Int64(delta) * 1_000),
        source: sources[Int(bytes[start + 66])], createdAt: Timestamp(microseconds: time),
        metadata: tagged ?? text)
    }
    position = end
    return batch
  }
}
