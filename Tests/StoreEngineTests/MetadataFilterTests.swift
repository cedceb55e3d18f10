import Columnar
import StorageIO
import TestSupport
import Testing

@testable import StoreEngine

/// Filters of metadata in segments: they prune, and never lose a row.
@Suite struct MetadataFilterTests {
  /// A batch with given metadata, and everything else at random.
  private static func batch(_ texts: [String], seed: UInt64, users: Int = 9) -> EventBatch {
    var generator = EventGenerator(seed: seed)
    generator.users = users
    let other = generator.batch(texts.count)
    var batch = EventBatch()
    for row in 0..<texts.count { batch.append(row: row, of: other) }
    batch.change(.metadata) { codes, dictionary in
      dictionary = ByteStringDictionary()
      codes = texts.map { dictionary.intern($0) }
    }
    return batch
  }

  /// Several row groups, by metadata limits.
  private static func manyGroups(_ batch: EventBatch, limit: Int) throws -> Segment {
    let disk = SimulatedDisk(seed: 1)
    let output = FileOutput(file: try disk.open("s", .create), path: "s")
    let writer = SegmentWriter(fileID: 77, hashSeed: fixtureSeed, codec: .lz4, metadataLimit: limit, output: output)
    try writer.append(batch, order: batch.sortedOrder())
    _ = try writer.finish()
    return try Segment(bytes: Bytes(disk.read("s")), path: "s", expectedFileID: 77)
  }

  @Test(arguments: 1...6) func scansEqualTheModel(seed: UInt64) throws {
    var maker = ConditionMaker(seed: seed)
    let trees = (0..<3_000).map { _ in maker.metadata() }
    let texts = trees.enumerated().map { $0.offset % 5 == 0 ? "" : $0.element.text }
    let batch = Self.batch(texts, seed: seed)
    let segment = try Self.manyGroups(batch, limit: 20_000)
    #expect(segment.rowGroupCount > 3)
    try segment.verify(hashSeed: fixtureSeed)
    var holds: [String: MetadataTree] = [:]
    for (tree, text) in zip(trees, texts) { holds[text] = text.isEmpty ? .object([:]) : tree }
    let rows = batch.values.sorted()
    let order = batch.sortedOrder()
    var matched = 0
    for number in 0..<150 {
      let condition = maker.condition()
      var filter = EventFilter(where: try MetadataPredicate(condition.text))
      // Few rows are judged one by one.
      if number % 3 == 1 { filter.user = rows[(number * 37) % rows.count].user }
      if number % 3 == 2 { filter.sources = ["app"] }
      let expected = rows.filter { row in
        SegmentScanTests.matches(row, filter) && (holds[row.metadata].map { condition.holds($0) } ?? false)
      }
      matched += expected.count
      #expect(try SegmentScanTests.drain(SegmentScan(segment, filter: filter)) == expected, "\(condition.text)")
      #expect(
        try SegmentScanTests.drain(BatchScan(batch, order: order, filter: filter)) == expected, "\(condition.text)")
      for (index, first) in segment.firstRows.enumerated() {
        let end = index + 1 < segment.rowGroupCount ? segment.firstRows[index + 1] : rows.count
        let isThere = rows[first..<end].contains { row in holds[row.metadata].map { condition.holds($0) } ?? false }
        #expect(try !isThere || segment.mayMatch(filter.metadata!, rowGroup: index), "\(condition.text)")
      }
      let history = try History.read(
        HistoryQuery(filter, limit: 20), segments: [segment], batches: [])
      #expect(history.values == Array(expected.sorted(by: Row.newestFirst).prefix(20)), "\(condition.text)")
    }
    #expect(matched > 2_000)
  }

  @Test func rareValuesPrune() throws {
    let texts = (0..<40_000).map { row in
      let tags = row == 31_007 ? #""common","rare""# : #""common","tag \#(row % 50)""#
      return #"{"n":\#(row),"by":"b\#(row % 7)","tags":[\#(tags)]}"#
    }
    let segment = try Self.manyGroups(Self.batch(texts, seed: 3), limit: 100_000)
    #expect(segment.rowGroupCount >= 10)
    func groups(_ text: String) throws -> Int {
      let predicate = try MetadataPredicate(text)
      return try (0..<segment.rowGroupCount).filter { try segment.mayMatch(predicate, rowGroup: $0) }.count
    }
    #expect(try groups("metadata.tags contains 'common'") == segment.rowGroupCount)
    #expect(try groups("metadata.tags contains 'rare'") <= 2)
    #expect(try groups("metadata.tags contains 'rare' and metadata.by = 'b1'") <= 2)
    #expect(try groups("metadata.tags contains 'rare' or metadata.by = 'nobody'") <= 2)
    #expect(try groups("metadata.tags contains 'none'") <= 1)
    #expect(try groups("metadata.by in ('x', 'y')") <= 1)
    #expect(try groups("metadata.missing exists") <= 1)
    #expect(try groups("metadata.missing > 3") <= 1)
    #expect(try groups("not metadata.missing exists") == segment.rowGroupCount)
    // A value that is unique to each row is not in the filter, and so prunes nothing but a last small row group.
    #expect(try groups("metadata.n = 31007") >= segment.rowGroupCount - 1)
    let bytes = segment.sizes.first { $0.name == "metadata filter" }?.bytes ?? 0
    #expect(bytes > 0 && bytes < segment.rowGroupCount * 400, "\(bytes) for \(segment.rowGroupCount)")
  }

  /// Units are found whatever their number; numbers by any spelling.
  @Test func sourceUnitsAreAlwaysInTheFilter() throws {
    let texts = (0..<6_000).map { #"{"n":\#($0).0,"source_muid":"unit \#($0)"}"# }
    let segment = try Self.manyGroups(Self.batch(texts, seed: 4), limit: 40_000)
    var hits = 0
    for number in stride(from: 0, to: 6_000, by: 97) {
      let filter = EventFilter(where: .sourceMUID("unit \(number)"))
      let found = try SegmentScanTests.drain(SegmentScan(segment, filter: filter))
      #expect(found.map(\.metadata) == [texts[number]])
      for index in 0..<segment.rowGroupCount where try segment.mayMatch(filter.metadata!, rowGroup: index) { hits += 1 }
      let byNumber = EventFilter(where: try MetadataPredicate("metadata.n = \(number)"))
      #expect(try SegmentScanTests.drain(SegmentScan(segment, filter: byNumber)).map(\.metadata) == [texts[number]])
    }
    #expect(segment.rowGroupCount >= 4 && hits < 80)
  }

  /// Texts of many templates, with many values, and no JSON at all.
  @Test func unusualMetadataAreNotLost() throws {
    var texts: [String] = []
    for number in 0..<300 { texts.append(#"{"key \#(number)":\#(number),"tags":["t\#(number % 3)"]}"#) }
    let wide = (0..<100).map { #""k\#($0)":"v\#($0)""# }.joined(separator: ",")
    texts += ["{" + wide + "}", #"{"empty":{},"list":[]}"#, ""]
    let segment = try Self.manyGroups(Self.batch(texts, seed: 5), limit: 1 << 20)
    try segment.verify(hashSeed: fixtureSeed)
    for (condition, expected) in [
      ("metadata.'key 299' = 299", 1), ("metadata.k77 = 'v77'", 1), ("metadata.empty exists", 1),
      ("metadata.list exists", 1),
      ("metadata.tags contains 't1'", 100), ("not metadata.tags exists", 3), ("metadata.tags contains 't9'", 0),
    ] {
      let filter = EventFilter(where: try MetadataPredicate(condition))
      #expect(try SegmentScanTests.drain(SegmentScan(segment, filter: filter)).count == expected, "\(condition)")
    }
    let predicate = try MetadataPredicate("metadata.tags contains 't9'")
    #expect(try !segment.mayMatch(predicate, rowGroup: 0))
    // More paths than are worth a filter.
    let paths = (0..<3_000).map { #"{"only \#($0)":1}"# }
    let without = try Self.manyGroups(Self.batch(paths, seed: 6), limit: 1 << 20)
    #expect(without.footer.rowGroups.allSatisfy { $0.metadataFilter == nil })
    let one = EventFilter(where: try MetadataPredicate("metadata.'only 2999' = 1.0"))
    #expect(try SegmentScanTests.drain(SegmentScan(without, filter: one)).count == 1)
  }

  /// A filter that forgets something is found by `verify`, and a damaged one at once.
  @Test func damagedFiltersAreFound() throws {
    let texts = (0..<500).map { #"{"by":"b\#($0 % 5)"}"# }
    let batch = Self.batch(texts, seed: 7)
    var bytes = try segmentBytes(batch)
    let intact = try Segment(bytes: Bytes(bytes), path: "s", expectedFileID: 77)
    let page = try #require(intact.footer.rowGroups[0].metadataFilter).page
    bytes[page.offset] ^= 0xFF
    let damaged = try Segment(bytes: Bytes(bytes), path: "s", expectedFileID: 77)
    let filter = EventFilter(where: try MetadataPredicate("metadata.by = 'b1'"))
    #expect(throws: StoreError.self) { try SegmentScanTests.drain(SegmentScan(damaged, filter: filter)) }
    #expect(throws: StoreError.self) { try damaged.verifyChecksums() }
    var audit = MetadataAudit(try KeyFilter(Bytes([UInt8](repeating: 0, count: 32)), .blocks))
    let isKnown = audit.knows(0, of: batch.metadatas)
    #expect(!isKnown)
  }
}
