import Columnar
import Testing

@testable import StoreEngine

/// Histories of one user and entity against all events filtered and sorted.
@Suite struct KeyHistoryTests {
  private func read(
    _ query: HistoryQuery, _ segments: [Segment], newer: [Row] = [], withMetadata: Bool = true, _ cache: RowGroupCache
  ) throws -> [Row] {
    let user = try #require(Identifier.decode(query.filter.user ?? []))
    let entity = try #require(Identifier.decode(query.filter.entity ?? []))
    #expect(KeyHistory.canAnswer(query.filter))
    return try KeyHistory.read(
      query, user: user, entity: entity, segments: segments, newer: newer.map(event), withMetadata: withMetadata,
      cache: cache
    ).map(row)
  }

  private func event(_ row: Row) -> GrowthEvent {
    GrowthEvent(
      eventID: row.id, user: Identifier.decode(row.user) ?? "", entity: Identifier.decode(row.entity) ?? "",
      entityType: row.entityType, dimension: row.dimension, delta: Delta(millionths: row.delta), source: row.source,
      scope: row.scope, createdAt: Timestamp(microseconds: row.createdAt), metadata: row.metadata)
  }

  private func row(_ event: GrowthEvent) -> Row {
    Row(
      user: Identifier.encode(event.user), entity: Identifier.encode(event.entity), entityType: event.entityType,
      dimension: event.dimension, createdAt: event.createdAt.microseconds,
      id: event.eventID ?? EventID(high: 0, low: 0), delta: event.delta.millionths, source: event.source,
      scope: event.scope, metadata: event.metadata)
  }

  /// A cache that keeps everything, and one that keeps next to nothing.
  @Test(arguments: [32 << 20, 20_000]) func equalsNaive(cacheBytes: Int) throws {
    var generator = EventGenerator(seed: 71)
    generator.users = 5
    generator.entities = 6
    let batches = [generator.batch(9_000), generator.batch(3_000), generator.batch(40), generator.batch(200)]
    let segments = [try segment(batches[0]), try segment(batches[1], codec: .zstd), try segment(batches[2])]
    let newest = batches[3].values
    let rows = batches.flatMap(\.values)
    let cache = RowGroupCache(limit: cacheBytes)
    var compared = 0
    for user in Set(rows.map(\.user)) {
      for entity in Set(rows.map(\.entity)).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        let ofPair = rows.filter { $0.user == user && $0.entity == entity }
        for dimension in [nil, "p", "practice-long-name", "none"] {
          for isBounded in [false, true] {
            var filter = EventFilter(
              storedUser: user, storedEntity: entity, dimensions: dimension.map { [$0] })
            if isBounded {
              let lower = generator.start + Int64(generator.number(Int(generator.span)))
              filter.times = lower...lower + generator.span / 3
            }
            let expected = ofPair.filter {
              dimension ?? $0.dimension == $0.dimension && filter.times.contains($0.createdAt)
            }.sorted(by: Row.newestFirst)
            let newer = newest.filter { expected.contains($0) }.sorted(by: Row.newestFirst)
            for limit in [1, 7, 1_000] {
              let first = try read(HistoryQuery(filter, limit: limit), segments, newer: newer, cache)
              #expect(first == Array(expected.prefix(limit)))
              compared += first.count
              guard let last = first.last else { continue }
              let cursor = HistoryCursor(createdAt: last.createdAt, id: last.id)
              let second = try read(
                HistoryQuery(filter, limit: limit, after: cursor), segments,
                newer: newer.filter { Row.newestFirst(last, $0) }, withMetadata: false, cache)
              let rest = expected.dropFirst(limit).prefix(limit).map { row in
                var row = row
                if !newer.contains(row) { row.metadata = "" }
                return row
              }
              #expect(second == rest)
            }
          }
        }
      }
    }
    #expect(compared > 10_000)
    #expect(cache.used <= cacheBytes)
    cache.keep([], of: segments)
    #expect(cache.used == 0)
  }

  /// A pair of more rows than a row group holds.
  @Test func overRowGroups() throws {
    var batch = EventBatch()
    let count = 3 * SegmentLayout.rowsPerRowGroup / 2
    for row in 0..<count {
      batch.appendRow(
        idHigh: 0x0190_0000_0000_7000, idLow: UInt64(row), user: batch.users.intern(Identifier.encode("ada")),
        entity: batch.entities.intern(Identifier.encode(row % 3 == 0 ? "chess" : "swift")),
        entityType: batch.entityTypes.intern("skill"), dimension: batch.dimensions.intern("d\(row % 2)"),
        delta: Int64(row), source: batch.sources.intern(""), scope: batch.scopes.intern(""),
        createdAt: Int64(row / 5), metadata: batch.metadatas.intern(""))
    }
    let segment = try segment(batch)
    #expect(segment.rowGroupCount == 2)
    let cache = RowGroupCache()
    for dimension in [nil, "d1"] {
      let filter = EventFilter(
        storedUser: Identifier.encode("ada"), storedEntity: Identifier.encode("swift"),
        dimensions: dimension.map { [$0] })
      let expected = (0..<count).filter { $0 % 3 != 0 && (dimension == nil || $0 % 2 == 1) }.reversed()
      let page = try read(HistoryQuery(filter, limit: 100), [segment], cache)
      #expect(page.map(\.delta) == expected.prefix(100).map { Int64($0) })
      let last = try #require(page.last)
      let next = try read(
        HistoryQuery(filter, limit: 100, after: HistoryCursor(createdAt: last.createdAt, id: last.id)), [segment], cache
      )
      #expect(next.map(\.delta) == expected.dropFirst(100).prefix(100).map { Int64($0) })
    }
  }

  /// A store that is merged seldom: of many segments few have a pair, and once their tables of pairs are there, the others
  /// are not taken out for it.
  @Test func manySegments() throws {
    var segments: [Segment] = []
    var rows: [Row] = []
    for number in 0..<24 {
      var generator = EventGenerator(seed: UInt64(100 + number))
      generator.users = 6
      generator.entities = 3 + number % 7
      let batch = generator.batch(60 + 30 * number)
      segments.append(try segment(batch))
      rows += batch.values
    }
    let cache = RowGroupCache()
    let small = RowGroupCache(limit: 100_000)
    for _ in 0..<RowGroupPairs.readsBefore / 2 + 1 {
      for user in Set(rows.map(\.user)) {
        for entity in Set(rows.map(\.entity)) {
          let filter = EventFilter(storedUser: user, storedEntity: entity)
          let expected = rows.filter { $0.user == user && $0.entity == entity }.sorted(by: Row.newestFirst)
          #expect(try read(HistoryQuery(filter, limit: 50), segments, cache) == Array(expected.prefix(50)))
          #expect(try read(HistoryQuery(filter, limit: 50), segments, small) == Array(expected.prefix(50)))
        }
      }
    }
    #expect(small.used <= 100_000)
    cache.keep([], of: segments)
    #expect(cache.used == 0)
  }

  @Test func damageIsToldEachTime() throws {
    var generator = EventGenerator(seed: 72)
    generator.users = 1
    generator.entities = 1
    let batch = generator.batch(3_000)
    var bytes = try segmentBytes(batch)
    // Everything between the header and the trailer's footer: most of it pages.
    for offset in stride(from: 64, to: bytes.count / 2, by: 7) { bytes[offset] ^= 0x10 }
    let segment = try Segment(bytes: Bytes(bytes), path: "s", expectedFileID: 77)
    let filter = EventFilter(storedUser: batch.users.bytes(0), storedEntity: batch.entities.bytes(0))
    for _ in 0..<3 {
      #expect(throws: StoreError.self) { try read(HistoryQuery(filter, limit: 3_000), [segment], RowGroupCache()) }
    }
  }
}
