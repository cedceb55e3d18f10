import Columnar
import StorageIO
import Testing

@testable import StoreEngine

@Suite struct SegmentRoundTripTests {
  @Test(
    arguments: [1, 2, 4_095, 4_096, 4_097].flatMap { count in Codec.allCases.map { (count, $0) } } + [
      (65_536, .lz4), (65_537, .zstd),
    ])
  func rowsComeBackInOrder(count: Int, codec: Codec) throws {
    var generator = EventGenerator(seed: UInt64(count))
    generator.users = max(2, count / 100)
    let batch = generator.batch(count)
    let segment = try segment(batch, codec: codec)
    #expect(segment.rows == count)
    #expect(segment.rowGroupCount == (count + 65_535) / 65_536)
    let expected = batch.values.sorted()
    #expect(try allRows(segment) == expected)
    #expect(segment.smallestCreatedAt == batch.createdAt.min())
    #expect(segment.largestCreatedAt == batch.createdAt.max())
    try segment.verify(hashSeed: fixtureSeed)
    #expect(throws: StoreError.self) { try segment.verify(hashSeed: fixtureSeed &+ 1) }
  }

  @Test func columnsOfRanges() throws {
    var generator = EventGenerator(seed: 5)
    let batch = generator.batch(10_000)
    let rows = batch.values.sorted()
    let group = try segment(batch).rowGroup(0)
    for range in [0..<1, 4_095..<4_097, 100..<100, 9_999..<10_000, 0..<10_000, 3_000..<9_000] {
      #expect(try group.createdAt(range) == rows[range].map(\.createdAt))
      #expect(try group.delta(range) == rows[range].map(\.delta))
      #expect(try group.eventIDs(range) == rows[range].map(\.id))
      #expect(try group.batch(range, columns: .all).values == Array(rows[range]))
      let sources = try group.codes(.source, range).map { code in
        String(decoding: try group.string(.source, code).array, as: UTF8.self)
      }
      #expect(sources == rows[range].map(\.source))
      let some = try group.batch(range, columns: [.entity, .delta])
      #expect(some.values.map(\.entity) == rows[range].map(\.entity))
      #expect(some.delta == rows[range].map(\.delta))
      #expect(some.values.allSatisfy { $0.user.isEmpty && $0.createdAt == 0 && $0.id == EventID(high: 0, low: 0) })
    }
  }

  @Test func appendingInPartsGivesTheSameFile() throws {
    var generator = EventGenerator(seed: 6)
    generator.users = 500
    let batch = generator.batch(70_000)
    let order = batch.sortedOrder()
    let disk = SimulatedDisk(seed: 1)
    let output = FileOutput(file: try disk.open("s", .create), path: "s")
    let writer = SegmentWriter(fileID: 77, hashSeed: fixtureSeed, codec: .lz4, output: output)
    var next = 0
    while next < order.count {
      let end = min(order.count, next + 1 + generator.number(9_000))
      try writer.append(batch, order: Array(order[next..<end]))
      next = end
      #expect(writer.rows == next)
    }
    _ = try writer.finish()
    #expect(try disk.read("s") == segmentBytes(batch))
  }

  @Test func largeMetadataClosesRowGroups() throws {
    var generator = EventGenerator(seed: 7)
    var batch = generator.batch(40)
    batch.metadatas = ByteStringDictionary()
    for row in 0..<batch.count {
      batch.metadata[row] = batch.metadatas.intern(
        "{\"a\":\"" + String(repeating: String(row % 10), count: 900_000) + "\(row)\"}")
    }
    let segment = try segment(batch)
    // Ten documents of 0.9 MB exceed 8 MiB.
    #expect(segment.rowGroupCount == 4)
    #expect(try allRows(segment) == batch.values.sorted())
    try segment.verify(hashSeed: fixtureSeed)
  }

  @Test func noRowsIsAnError() throws {
    let disk = SimulatedDisk(seed: 1)
    let output = FileOutput(file: try disk.open("s", .create), path: "s")
    let writer = SegmentWriter(fileID: 77, hashSeed: fixtureSeed, codec: .none, output: output)
    let error = #expect(throws: StoreError.self) { _ = try writer.finish() }
    #expect(error?.kind == .invalidArgument)
  }

  @Test func theDumpCoversTheFile() throws {
    var generator = EventGenerator(seed: 8)
    let segment = try segment(generator.batch(5_000))
    let lines = try segment.describe().filter { $0.length > 0 }
    var end = 0
    for line in lines.sorted(by: { $0.offset < $1.offset }) {
      #expect(line.offset == end)
      end += line.length
    }
    #expect(end == segment.fileLength)
    let listed = segment.sizes.reduce(0) { $0 + $1.bytes }
    #expect(listed + 32 + 48 + segment.trailer.footer.storedLength == segment.fileLength)
  }

  @Test(arguments: [0, 1, 2, 50, 255, 256, 1_000, 20_000]) func sortedOrder(count: Int) {
    var generator = EventGenerator(seed: UInt64(count) + 100)
    var batch = generator.batch(count)
    // Times that collide, so that ids decide.
    for row in stride(from: 0, to: count, by: 2) { batch.createdAt[row] = 1_000 }
    let order = batch.sortedOrder()
    #expect(Set(order).count == count)
    let values = batch.values
    #expect(order.map { values[Int($0)] } == values.sorted())
  }

  @Test func sortedOrderOfManyTexts() {
    // So many distinct texts that their ranks come from the radix sort; many agree in their first eight bytes.
    var generator = EventGenerator(seed: 99)
    generator.users = 100_000
    generator.entities = 50
    let batch = generator.batch(12_000)
    #expect(batch.users.count > 5_000)
    let values = batch.values
    #expect(batch.sortedOrder().map { values[Int($0)] } == values.sorted())
  }
}
