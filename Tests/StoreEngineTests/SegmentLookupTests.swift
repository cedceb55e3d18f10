import Columnar
import StorageIO
import Testing

@testable import StoreEngine

@Suite struct SegmentLookupTests {
  /// Several row groups, without writing 65,536 rows into each: the metadata closes them.
  static func manyGroups(seed: UInt64, _ count: Int, users: Int) -> EventBatch {
    var generator = EventGenerator(seed: seed)
    generator.users = users
    generator.metadata = false
    var batch = generator.batch(count)
    batch.metadatas = ByteStringDictionary()
    let filler = String(repeating: "x", count: 40_000)
    for row in 0..<count { batch.metadata[row] = batch.metadatas.intern("{\"a\":\"\(filler)\(row)\"}") }
    return batch
  }

  @Test func rangesOfUsersAndEntities() throws {
    let batch = Self.manyGroups(seed: 1, 1_200, users: 8)
    let segment = try segment(batch, codec: .zstd)
    #expect(segment.rowGroupCount > 4)
    let rows = batch.values.sorted()
    for user in Set(rows.map(\.user)) {
      try check(segment, rows, user: user)
    }
    // A user before all, between and behind all, and one that begins another.
    for user in ["!", "user-1", "zzzz", "user"].map({ Identifier.encode($0) }) + [[], [255]] {
      for index in segment.rowGroups(user: Bytes(user)) {
        #expect(try segment.rowGroup(index).rows(ofUser: Bytes(user)).isEmpty)
      }
    }
  }

  private func check(_ segment: Segment, _ rows: [Row], user: [UInt8]) throws {
    let key = Bytes(user)
    var found: [Row] = []
    for index in segment.rowGroups(user: key) {
      let group = try segment.rowGroup(index)
      found += try group.batch(try group.rows(ofUser: key), columns: .all).values
    }
    #expect(found == rows.filter { $0.user == user })
    for entity in Set(rows.map(\.entity)) {
      var ofEntity: [Row] = []
      var ofType: [Row] = []
      var ofDimension: [Row] = []
      for index in segment.rowGroups(user: key, entity: Bytes(entity)) {
        let group = try segment.rowGroup(index)
        let range = try group.rows(ofUser: key, entity: Bytes(entity))
        ofEntity += try group.batch(range, columns: .all).values
        let type = try group.rows(of: .entityType, equalTo: Bytes(Array("skill".utf8)), in: range)
        ofType += try group.batch(type, columns: .all).values
        let dimension = try group.rows(of: .dimension, equalTo: Bytes(Array("practice".utf8)), in: type)
        ofDimension += try group.batch(dimension, columns: .all).values
      }
      let expected = rows.filter { $0.user == user && $0.entity == entity }
      #expect(ofEntity == expected)
      #expect(ofType == expected.filter { $0.entityType == "skill" })
      #expect(ofDimension == expected.filter { $0.entityType == "skill" && $0.dimension == "practice" })
    }
  }

  @Test(arguments: [1, 3, 5, 1_000]) func locate(perUser: Int) throws {
    var generator = EventGenerator(seed: 3)
    generator.users = 12
    let batch = generator.batch(9_000)
    let segment = try segment(batch)
    let rows = try allRows(segment)
    var users = ByteStringDictionary()
    var keys: [EventKey] = []
    var expected: [Row?] = []
    for user in Set(rows.map(\.user)).sorted(by: { $0.lexicographicallyPrecedes($1) }).reversed() {
      let code = users.intern(user)
      let mine = rows.filter { $0.user == user }
      for index in 0..<perUser {
        let row = mine[(index * 37) % mine.count]
        keys.append(EventKey(user: code, high: row.id.high, low: row.id.low))
        expected.append(row)
        // The id of somebody else, and an id of nobody.
        keys.append(EventKey(user: code, high: row.id.high ^ 1, low: row.id.low))
        expected.append(nil)
      }
    }
    let stranger = users.intern(Identifier.encode("nobody at all"))
    keys.append(EventKey(user: stranger, high: rows[0].id.high, low: rows[0].id.low))
    expected.append(nil)
    let found = try segment.locate(keys, users: users)
    #expect(found.map { $0 != nil } == expected.map { $0 != nil })
    let located = try segment.batch(at: found.compactMap { $0 }, columns: .all).values
    #expect(located == expected.compactMap { $0 })
  }

  @Test func neverFalselyPruned() throws {
    var generator = EventGenerator(seed: 4)
    let batch = generator.batch(5_000)
    let segment = try segment(batch)
    let userHashes = (0..<UInt32(batch.users.count)).map { XXH3.hash(batch.users.bytes($0), seed: fixtureSeed) }
    let hashes = (0..<batch.count).map { row in
      keyHash(userHash: userHashes[Int(batch.user[row])], high: batch.eventIDHigh[row], low: batch.eventIDLow[row])
    }
    let rows = DatedRows([UInt32](0..<UInt32(batch.count))[...], high: batch.eventIDHigh, low: batch.eventIDLow)
    let all = try segment.suspects(rows, keyHashes: hashes)
    #expect(all == [UInt32](0..<UInt32(batch.count)))
    // Other ids of the same times pass the days, but hardly ever the filter.
    let strangers = hashes.map { $0 &* 0x9E37_79B9_7F4A_7C15 }
    let few = try segment.suspects(rows, keyHashes: strangers)
    #expect(few.count < 150)
  }

  @Test func daysPrune() throws {
    var batch = EventBatch()
    let day: Int64 = 86_400_000_000
    for index in 0..<100 {
      let time = Int64(20_000 + index % 3) * day + Int64(index)
      let id = EventID(version7At: Timestamp(microseconds: time), random: UInt64(index), UInt64(index))
      batch.appendRow(
        idHigh: id.high, idLow: id.low, user: batch.users.intern(Identifier.encode("u")),
        entity: batch.entities.intern(Identifier.encode("e")), entityType: batch.entityTypes.intern("t"),
        dimension: batch.dimensions.intern("d"), delta: 1, source: batch.sources.intern(""),
        scope: batch.scopes.intern(""), createdAt: time, metadata: batch.metadatas.intern(""))
    }
    let segment = try segment(batch)
    for (offset, expected) in [(-1, false), (0, true), (1, true), (2, true), (3, false)] {
      let time = Timestamp(microseconds: (20_000 + Int64(offset)) * day + 5_000_000)
      let id = EventID(version7At: time, random: 9, 9)
      #expect(segment.mayContain(idHigh: id.high, idLow: id.low) == expected)
    }
    #expect(!segment.mayContain(idHigh: 0x4000, idLow: 1 << 63))
    // Too many days to list: nothing is concluded.
    var wide = EventBatch()
    for index in 0..<5_000 {
      let time = Int64(index) * day
      let id = EventID(version7At: Timestamp(microseconds: time), random: 1, UInt64(index))
      wide.append([0], of: batch)
      wide.eventIDHigh[index] = id.high
      wide.eventIDLow[index] = id.low
      wide.createdAt[index] = time
    }
    let unknown = try StoreEngineTests.segment(wide)
    #expect(unknown.mayContain(idHigh: 0x4000, idLow: 1 << 63))
    try unknown.verify(hashSeed: fixtureSeed)
  }
}
