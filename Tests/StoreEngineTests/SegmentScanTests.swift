import Columnar
import StorageIO
import Testing

@testable import StoreEngine

@Suite struct SegmentScanTests {
  static func drain(_ source: any SortedSource) throws -> [Row] {
    var rows: [Row] = []
    while let chunk = try source.next() {
      #expect(!chunk.isEmpty && chunk.count <= ScanChunk.rows)
      rows += chunk.values
    }
    #expect(try source.next() == nil || rows.isEmpty)
    return rows
  }

  /// What the filter means, said once more and naively.
  static func matches(_ row: Row, _ filter: EventFilter) -> Bool {
    (filter.user == nil || filter.user == row.user) && (filter.entity == nil || filter.entity == row.entity)
      && (filter.entityTypes?.contains(row.entityType) ?? true) && (filter.dimensions?.contains(row.dimension) ?? true)
      && (filter.sources?.contains(row.source) ?? true)
      && (filter.scope.map { $0.isEmpty || row.scope == $0 || row.scope.hasPrefix($0 + "/") } ?? true)
      && filter.times.contains(row.createdAt)
  }

  static func filters(_ rows: [Row]) -> [EventFilter] {
    let middle = rows[rows.count / 2]
    let times = rows.map(\.createdAt).sorted()
    let quarter = times[rows.count / 4]
    return [
      EventFilter(), EventFilter(storedUser: middle.user), EventFilter(storedUser: nil, storedEntity: middle.entity),
      EventFilter(storedUser: middle.user, storedEntity: middle.entity),
      EventFilter(
        storedUser: middle.user, storedEntity: middle.entity, entityTypes: ["skill", "task"], dimensions: ["p"]),
      EventFilter(entityTypes: ["skill"]), EventFilter(dimensions: ["practice", "none"]), EventFilter(dimensions: []),
      EventFilter(sources: [""]), EventFilter(sources: ["app", "import"], scope: "org/a"), EventFilter(scope: "org"),
      EventFilter(scope: ""), EventFilter(scope: "or"),
      EventFilter(storedUser: nil, times: quarter...times[rows.count / 2]),
      EventFilter(storedUser: middle.user, times: quarter...quarter + 86_400_000_000),
      EventFilter(storedUser: nil, times: 0...0), EventFilter(storedUser: Identifier.encode("user")),
      EventFilter(entityTypes: ["none"]),
    ]
  }

  @Test func filtersOfSegmentsAndBatches() throws {
    var generator = EventGenerator(seed: 21)
    generator.users = 9
    let small = generator.batch(20_000)
    for batch in [small, SegmentLookupTests.manyGroups(seed: 22, 700, users: 9)] {
      let segment = try segment(batch)
      let rows = batch.values.sorted()
      let order = batch.sortedOrder()
      var matched = 0
      for filter in Self.filters(rows) {
        let expected = rows.filter { Self.matches($0, filter) }
        matched += expected.isEmpty ? 0 : 1
        #expect(try Self.drain(SegmentScan(segment, filter: filter)) == expected)
        #expect(try Self.drain(BatchScan(batch, order: order, filter: filter)) == expected)
      }
      #expect(matched >= 10)
    }
  }

  @Test func pruningReadsNothing() throws {
    var generator = EventGenerator(seed: 23)
    let batch = generator.batch(5_000)
    var bytes = try segmentBytes(batch)
    let intact = try Segment(bytes: Bytes(bytes), path: "s", expectedFileID: 77)
    // Every page of rows is damaged; only header, row group headers, filter and footer are not.
    for (_, page) in try intact.header(0).pages { bytes[page.offset] ^= 0xFF }
    let damaged = try Segment(bytes: Bytes(bytes), path: "s", expectedFileID: 77)
    for filter in [
      EventFilter(storedUser: [255]), EventFilter(storedUser: []),
      EventFilter(storedUser: nil, times: Timestamp.latest.microseconds + 1...Int64.max),
    ] {
      #expect(try Self.drain(SegmentScan(damaged, filter: filter)).isEmpty)
    }
    #expect(throws: StoreError.self) { try Self.drain(SegmentScan(damaged, filter: EventFilter(sources: ["none"]))) }
  }

  @Test(arguments: [1, 2, 3, 9, 30], [2, 400]) func mergesLikeSorting(sources: Int, users: Int) throws {
    var generator = EventGenerator(seed: UInt64(sources * 1_000 + users))
    generator.users = users
    generator.entities = 3
    var inputs: [any SortedSource] = []
    var expected: [Row] = []
    for index in 0..<sources {
      // Some larger than a chunk, some of one row, some over the same times and some not.
      generator.start = 1_700_000_000_000_000 + Int64(generator.number(3)) * 1_000_000_000_000
      let batch = generator.batch([1, 9_000, 300, 2_000][index % 4])
      expected += batch.values
      let isSegment = index % 3 != 2
      inputs.append(
        isSegment ? SegmentScan(try segment(batch)) : BatchScan(batch, order: batch.sortedOrder()))
    }
    expected.sort()
    let merged = try Self.drain(MergedScan(inputs))
    #expect(merged == expected)
  }

  @Test func mergesOneSeriesInMany() throws {
    // Everything has the same key, so that time and id alone decide, over several chunks of every source.
    var generator = EventGenerator(seed: 31)
    var batches = [EventBatch(), EventBatch(), EventBatch()]
    for _ in 0..<30_000 {
      let one = generator.batch(1)
      let target = generator.number(3)
      batches[target].append([0], of: one)
      let row = batches[target].count - 1
      batches[target].user[row] = 0
      batches[target].entity[row] = 0
      batches[target].entityType[row] = 0
      batches[target].dimension[row] = 0
      batches[target].createdAt[row] = Int64(generator.number(5_000))
    }
    let key = generator.batch(1)
    for index in batches.indices {
      batches[index].users = key.users
      batches[index].entities = key.entities
      batches[index].entityTypes = key.entityTypes
      batches[index].dimensions = key.dimensions
    }
    let merged = try Self.drain(MergedScan(batches.map { BatchScan($0, order: $0.sortedOrder()) }))
    #expect(merged == batches.flatMap(\.values).sorted())
  }

  @Test func mergeOfNothing() throws {
    #expect(try MergedScan([]).next() == nil)
    #expect(try MergedScan([BatchScan(EventBatch(), order: [])]).next() == nil)
  }

  @Test func history() throws {
    var generator = EventGenerator(seed: 41)
    generator.users = 4
    generator.entities = 3
    let batches = [generator.batch(9_000), generator.batch(5_000), generator.batch(300), generator.batch(1)]
    let segments = [try segment(batches[0]), try segment(batches[1], codec: .zstd)]
    let tables = batches[2...].map { (batch: $0, order: $0.sortedOrder()) }
    let rows = batches.flatMap(\.values)
    var matched = 0
    for filter in Self.filters(rows.sorted()) {
      let expected = rows.filter { Self.matches($0, filter) }.sorted(by: Row.newestFirst)
      for limit in [1, 10, 700] {
        let first = try History.read(HistoryQuery(filter, limit: limit), segments: segments, batches: tables)
        #expect(first.values == Array(expected.prefix(limit)))
        guard let last = first.values.last else { continue }
        matched += 1
        let cursor = HistoryCursor(createdAt: last.createdAt, id: last.id)
        let second = try History.read(
          HistoryQuery(filter, limit: limit, after: cursor), segments: segments, batches: tables)
        #expect(second.values == Array(expected.dropFirst(limit).prefix(limit)))
      }
    }
    #expect(matched >= 30)
    #expect(try History.read(HistoryQuery(EventFilter(), limit: 0), segments: segments, batches: tables).isEmpty)
  }

  @Test func historyOfEqualTimes() throws {
    var generator = EventGenerator(seed: 42)
    generator.users = 1
    var batch = generator.batch(9_000)
    for row in 0..<batch.count { batch.createdAt[row] = Int64(row % 2) }
    let segment = try segment(batch)
    let expected = batch.values.sorted(by: Row.newestFirst)
    var pages: [Row] = []
    var cursor: HistoryCursor?
    while true {
      let page = try History.read(
        HistoryQuery(EventFilter(storedUser: batch.users.bytes(0)), limit: 1_000, after: cursor), segments: [segment],
        batches: []
      ).values
      guard let last = page.last else { break }
      pages += page
      cursor = HistoryCursor(createdAt: last.createdAt, id: last.id)
    }
    #expect(pages == expected)
  }
}
