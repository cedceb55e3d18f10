import Columnar
import Parquet
import Testing

/// Bounds, page indexes and Bloom filters.
struct ParquetIndexTests {
  private func reader(
    _ field: SchemaField, _ batch: ColumnBatch, pageValues: Int = 4, bloom: Bool = false
  ) throws -> ParquetReader {
    var options = ParquetRoundTripTests.options(.compatible, pageValues: pageValues)
    if bloom { options.columns[field.name] = .init(hasBloomFilter: true) }
    var writer = ParquetWriter(ParquetSchema([field]), options: options)
    var bytes: [UInt8] = []
    writer.write([batch]) { bytes += $0 }
    writer.finish { bytes += $0 }
    return try ParquetReader(Bytes(bytes))
  }

  private func little(_ value: Int64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> Int64(8 * $0)) } }

  @Test func integers() throws {
    let reader = try reader(SchemaField("n", .required, .int64), ColumnBatch(.int64([3, 5, 4, -7, 9, 9, 9, 9, 100])))
    let statistics = try #require(reader.statistics(rowGroup: 0, column: 0))
    #expect(statistics.minimum == little(-7))
    #expect(statistics.maximum == little(100))
    let index = try #require(try reader.columnIndex(rowGroup: 0, column: 0))
    #expect(index.minimums == [little(-7), little(9), little(100)])
    #expect(index.maximums == [little(5), little(9), little(100)])
    #expect(index.order == .ascending)
    #expect(try reader.offsetIndex(rowGroup: 0, column: 0)?.pages.map(\.firstRow) == [0, 4, 8])
  }

  @Test func unsignedIntegersAreNotNegative() throws {
    let field = SchemaField("n", .required, .int32, .integer(bits: 32, isSigned: false))
    let statistics = try #require(
      try reader(field, ColumnBatch(.int32([1, -1, 5]))).statistics(rowGroup: 0, column: 0))
    #expect(statistics.minimum == [1, 0, 0, 0])
    #expect(statistics.maximum == [255, 255, 255, 255])
  }

  @Test func floatingPoint() throws {
    let field = SchemaField("d", .required, .double)
    let zero = try #require(
      try reader(field, ColumnBatch(.double([0.0, .nan, -0.0]))).statistics(rowGroup: 0, column: 0))
    // Bounds of zero hold both zeros.
    #expect(zero.minimum == little(Int64(bitPattern: (-0.0).bitPattern)))
    #expect(zero.maximum == little(0))
    #expect(zero.nanCount == 1)
    let nothing = try reader(field, ColumnBatch(.double([.nan, .nan])))
    #expect(nothing.statistics(rowGroup: 0, column: 0)?.minimum == nil)
    #expect(try nothing.columnIndex(rowGroup: 0, column: 0) == nil)
    // A page of nothing but what is no number takes the index of the chunk.
    let half = try reader(field, ColumnBatch(.double([1, 2, 3, 4, .nan, .nan])))
    #expect(try half.columnIndex(rowGroup: 0, column: 0) == nil)
    #expect(half.statistics(rowGroup: 0, column: 0)?.nanCount == 2)
  }

  @Test func nullPages() throws {
    let batch = ColumnBatch(.int64([1, 2]), definition: [1, 0, 1, 0, 0, 0, 0, 0])
    let reader = try reader(SchemaField("n", .optional, .int64), batch)
    let index = try #require(try reader.columnIndex(rowGroup: 0, column: 0))
    #expect(index.isNull == [false, true])
    #expect(index.nullCounts == [2, 4])
    #expect(reader.statistics(rowGroup: 0, column: 0)?.nullCount == 6)
  }

  @Test func longTextsAreShortened() throws {
    let long = Array(String(repeating: "é", count: 100).utf8)
    let highest = Array(String(repeating: "\u{10FFFF}", count: 40).utf8)
    let field = SchemaField("s", .required, .byteArray, .string)
    let first = try #require(
      try reader(field, ColumnBatch(.bytes(ByteColumn(ByteStrings([long]))))).statistics(rowGroup: 0, column: 0))
    let minimum = try #require(first.minimum)
    let maximum = try #require(first.maximum)
    #expect(!first.isMinimumExact && !first.isMaximumExact)
    #expect(minimum.count <= 64 && maximum.count <= 64)
    #expect(compareBytes(minimum, long) < 0 && compareBytes(maximum, long) > 0)
    #expect(String(validating: minimum, as: UTF8.self) != nil && String(validating: maximum, as: UTF8.self) != nil)
    // Nothing stands above the highest character, so that bound stays whole.
    let second = try #require(
      try reader(field, ColumnBatch(.bytes(ByteColumn(ByteStrings([highest]))))).statistics(rowGroup: 0, column: 0))
    #expect(second.maximum == highest && second.isMaximumExact)
  }

  @Test func decimalsInBytesAreNumbers() throws {
    let field = SchemaField("d", .required, .fixedLengthByteArray, length: 2, .decimal(precision: 4, scale: 0))
    let values = FixedColumn(width: 2, bytes: [0xFF, 0xFE, 0x00, 0x05, 0x80, 0x00])
    let statistics = try #require(try reader(field, ColumnBatch(.fixed(values))).statistics(rowGroup: 0, column: 0))
    #expect(statistics.minimum == [0x80, 0x00])
    #expect(statistics.maximum == [0x00, 0x05])
  }

  /// Bounds of random pages hold every value of the page.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func boundsHold(seed: UInt64) throws {
    var sample = ParquetSample(seed: seed)
    let numbers = (0..<300).map { _ in Int64(bitPattern: sample.next()) >> Int64(sample.below(60)) }
    let reader = try reader(SchemaField("n", .required, .int64), ColumnBatch(.int64(numbers)), pageValues: 16)
    let index = try #require(try reader.columnIndex(rowGroup: 0, column: 0))
    for page in index.isNull.indices {
      let part = numbers[page * 16..<min(300, page * 16 + 16)]
      #expect(index.minimums[page] == little(part.min() ?? 0))
      #expect(index.maximums[page] == little(part.max() ?? 0))
    }
  }

  @Test func bloomFilter() throws {
    let texts = (0..<5000).map { Array("user-\($0)".utf8) }
    let field = SchemaField("s", .required, .byteArray, .string)
    for codes in [nil, (0..<10_000).map { UInt32($0 / 2) }] as [[UInt32]?] {
      let batch = ColumnBatch(.bytes(ByteColumn(ByteStrings(texts), codes: codes)))
      let filter = try #require(
        try reader(field, batch, pageValues: 1000, bloom: true).bloomFilter(rowGroup: 0, column: 0))
      #expect(texts.allSatisfy { filter.mayContain($0) })
      let wrong = (0..<10_000).count { filter.mayContain(Array("other-\($0)".utf8)) }
      #expect(wrong < 200)
    }
    #expect(
      try reader(field, ColumnBatch(.bytes(ByteColumn(ByteStrings(texts))))).bloomFilter(rowGroup: 0, column: 0) == nil)
  }

  /// The values of the xxHash specification's own test.
  @Test func hashOfTheBloomFilter() {
    #expect(BloomFilter.hash([]) == 0xEF46_DB37_51D8_E999)
    #expect(BloomFilter.hash(Array("abc".utf8)) == 0x44BC_2CF5_AD77_0999)
  }
}
