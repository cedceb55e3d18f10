import Columnar
import StorageIO

@testable import StoreEngine

/// Events that a seed decides, and files of them in memory.
struct EventGenerator {
  private var random: SeededGenerator

  var users = 20
  var entities = 10
  var metadata = true
  /// Times lie within so many microseconds.
  var span: Int64 = 90 * 86_400_000_000
  var start: Int64 = 1_700_000_000_000_000

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func number(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

  mutating func batch(_ count: Int) -> EventBatch {
    var batch = EventBatch()
    for _ in 0..<count { append(to: &batch) }
    return batch
  }

  mutating func append(to batch: inout EventBatch) {
    let createdAt = time()
    let id = id(createdAt)
    let user = Identifier.encode(name("user", number(users)))
    let entity = Identifier.encode(name("thing", number(entities)))
    let type = ["skill", "habit", "task", "skill-tree-branch"][number(4)]
    let dimension = ["mastery", "practice", "p", "practice-long-name"][number(4)]
    let source = ["", "app", "import"][number(3)]
    let scope = ["", "org", "org/a", "org/a/b", "organ/a", "org2"][number(6)]
    let document = metadata && number(3) == 0 ? "{\"n\":\(number(500))}" : ""
    batch.appendRow(
      idHigh: id.high, idLow: id.low, user: batch.users.intern(user), entity: batch.entities.intern(entity),
      entityType: batch.entityTypes.intern(type), dimension: batch.dimensions.intern(dimension), delta: delta(),
      source: batch.sources.intern(source), scope: batch.scopes.intern(scope), createdAt: createdAt,
      metadata: batch.metadatas.intern(document))
  }

  /// Ids of every shape: text, lower and upper case UUIDs, some that begin others.
  private func name(_ kind: String, _ index: Int) -> String {
    switch index % 4 {
    case 0: kind + "-\(index)"
    case 1: UUIDText.format(high: 0x0190_0000_0000_7000 | UInt64(index), low: 1 << 63 | 0xABCD, uppercase: false)
    case 2: UUIDText.format(high: UInt64(index) << 32 | 0xABC, low: 0xDEF0, uppercase: true)
    default: kind + "-\(index)" + String(repeating: "é", count: index % 100)
    }
  }

  private mutating func time() -> Int64 {
    switch number(200) {
    case 0: Timestamp.earliest.microseconds
    case 1: Timestamp.latest.microseconds
    case 2: -1
    case 3...100: start + Int64(random.next() % UInt64(span)) / 1_000_000 * 1_000_000
    default: start + Int64(random.next() % UInt64(span))
    }
  }

  private mutating func delta() -> Int64 {
    switch number(100) {
    case 0: Int64.max
    case 1: -Int64.max
    case 2: 0
    default: Int64(number(2_000_001) - 1_000_000)
    }
  }

  private mutating func id(_ createdAt: Int64) -> EventID {
    switch number(60) {
    case 0: EventID(high: random.next() & ~0xF000 | 0x4000, low: random.next() >> 2 | 1 << 63)
    case 1: EventID(high: random.next() & ~0xF000 | 0x5000, low: random.next() >> 2 | 1 << 63)
    case 2: EventID(high: 0, low: UInt64(number(1 << 30)))
    case 3: EventID(high: .max, low: random.next())
    // A version 7 id of any time at all.
    case 4: EventID(high: random.next() & ~0xF000 | 0x7000, low: random.next() >> 2 | 1 << 63)
    default: EventID(version7At: Timestamp(microseconds: createdAt), random: random.next(), random.next())
    }
  }

  mutating func shuffled(_ rows: [UInt32]) -> [UInt32] {
    var rows = rows
    for index in stride(from: rows.count - 1, to: 0, by: -1) { rows.swapAt(index, number(index + 1)) }
    return rows
  }
}

/// Events as a product has them: sources tell deltas and metadata, ids are UUIDs.
func shapedBatch(_ count: Int, seed: UInt64) -> EventBatch {
  var random = SeededGenerator(seed: seed)
  func number(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
  var batch = EventBatch()
  for row in 0..<count {
    let source = number(6)
    let createdAt = 1_700_000_000_000_000 + Int64(number(90 * 86_400)) * 1_000_000
    let user = Identifier.encode(
      UUIDText.format(high: 0x1111_2222_3333_4444, low: 1 << 63 | UInt64(number(count / 50 + 1)), uppercase: false))
    let entity = Identifier.encode(
      UUIDText.format(high: UInt64(number(20)) << 32 | 0x4000, low: 1 << 63 | 77, uppercase: false))
    let tags = (0..<max(0, number(8) - 4)).map { _ in "\"tag \(number(40))\"" }.joined(separator: ",")
    let metadata =
      number(20) == 0
      ? "" : "{\"by\":\"b\(number(3))\",\"n\":\(number(5) == 0 ? row : 4),\"source\":\"s\(source)\",\"tags\":[\(tags)]}"
    let delta = number(7) == 0 ? number(5_000) : [50, 75, 100, 200][number(4)] * (source + 1)
    let id = EventID(version7At: Timestamp(microseconds: createdAt), random: random.next(), random.next())
    batch.appendRow(
      idHigh: id.high, idLow: id.low, user: batch.users.intern(user), entity: batch.entities.intern(entity),
      entityType: batch.entityTypes.intern("t\(number(20) / 7)"), dimension: batch.dimensions.intern("d\(number(5))"),
      delta: Int64(delta) * 1_000, source: batch.sources.intern("s\(source)"), scope: batch.scopes.intern(""),
      createdAt: createdAt, metadata: batch.metadatas.intern(metadata))
  }
  return batch
}

/// A row as values, for comparing with the naive way.
struct Row: Hashable, Comparable {
  var user: [UInt8]
  var entity: [UInt8]
  var entityType: String
  var dimension: String
  var createdAt: Int64
  var id: EventID
  var delta: Int64
  var source: String
  var scope: String
  var metadata: String

  static func < (a: Row, b: Row) -> Bool {
    if a.user != b.user { return a.user.lexicographicallyPrecedes(b.user) }
    if a.entity != b.entity { return a.entity.lexicographicallyPrecedes(b.entity) }
    if a.entityType != b.entityType { return precedes(a.entityType, b.entityType) }
    if a.dimension != b.dimension { return precedes(a.dimension, b.dimension) }
    return (a.createdAt, a.id) < (b.createdAt, b.id)
  }

  private static func precedes(_ a: String, _ b: String) -> Bool {
    Array(a.utf8).lexicographicallyPrecedes(Array(b.utf8))
  }

  static func newestFirst(_ a: Row, _ b: Row) -> Bool { (a.createdAt, a.id) > (b.createdAt, b.id) }
}

extension EventBatch {
  var values: [Row] {
    (0..<count).map { row in
      Row(
        user: users.bytes(user[row]), entity: entities.bytes(entity[row]),
        entityType: entityTypes.text(entityType[row]),
        dimension: dimensions.text(dimension[row]), createdAt: createdAt[row],
        id: EventID(high: eventIDHigh[row], low: eventIDLow[row]), delta: delta[row],
        source: sources.text(source[row]), scope: scopes.text(scope[row]), metadata: metadatas.text(metadata[row]))
    }
  }
}

let fixtureSeed: UInt64 = 0x5EED_0123_4567_89AB

/// The bytes of a segment of the batch's rows.
func segmentBytes(
  _ batch: EventBatch, fileID: UInt64 = 77, codec: Codec = .lz4
) throws -> [UInt8] {
  let disk = SimulatedDisk(seed: 1)
  let output = FileOutput(file: try disk.open("s", .create), path: "s")
  let writer = SegmentWriter(fileID: fileID, hashSeed: fixtureSeed, codec: codec, output: output)
  try writer.append(batch, order: batch.sortedOrder())
  let summary = try writer.finish()
  let bytes = try disk.read("s")
  precondition(summary.fileLength == bytes.count && summary.rows == batch.count)
  return bytes
}

func segment(_ batch: EventBatch, fileID: UInt64 = 77, codec: Codec = .lz4) throws -> Segment {
  let bytes = try segmentBytes(batch, fileID: fileID, codec: codec)
  return try Segment(bytes: Bytes(bytes), path: "s", expectedFileID: fileID)
}

/// Every row, in order.
func allRows(_ segment: Segment) throws -> [Row] {
  var rows: [Row] = []
  for index in 0..<segment.rowGroupCount {
    let group = try segment.rowGroup(index)
    rows += try group.batch(0..<group.rows, columns: .all).values
  }
  return rows
}
