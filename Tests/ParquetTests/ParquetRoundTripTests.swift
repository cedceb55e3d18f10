import Columnar
import Parquet
import Testing

struct ParquetRoundTripTests {
  static func options(
    _ profile: ParquetWriterOptions.Profile, codec: ParquetCodec = .zstd, pageValues: Int = 1 << 15
  ) -> ParquetWriterOptions {
    var options = ParquetWriterOptions(profile: profile, createdBy: "test version 1")
    options.codec = codec
    options.level = 3
    options.pageValues = pageValues
    return options
  }

  private func lines(_ batches: [ColumnBatch]) -> [[String]] {
    zip(batches, ParquetSample.schema.columns).map { ParquetDump.lines($0, $1) }
  }

  private func read(_ bytes: [UInt8]) throws -> [[String]] {
    let reader = try ParquetReader(Bytes(bytes))
    var all = [[String]](repeating: [], count: reader.schema.columns.count)
    for group in reader.metadata.rowGroups.indices {
      for column in all.indices {
        all[column] += ParquetDump.lines(
          try reader.column(column, rowGroup: group), reader.schema.columns[column])
      }
    }
    return all
  }

  @Test(arguments: [0, 1, 2, 7, 8, 9, 100, 1000], [ParquetWriterOptions.Profile.compatible, .compact])
  func allTypes(rows: Int, profile: ParquetWriterOptions.Profile) throws {
    for seed in 0..<6 as Range<UInt64> {
      var sample = ParquetSample(seed: seed + UInt64(rows) * 100)
      let columns = sample.columns(rows: rows, nulls: seed == 0 ? 1 : 5)
      for codec in [ParquetCodec.zstd, .lz4Raw, .uncompressed] {
        let options = Self.options(profile, codec: codec, pageValues: seed % 2 == 0 ? 13 : 1 << 15)
        #expect(try read(ParquetSample.file(columns, options)) == lines(columns))
      }
    }
  }

  /// Decimals in byte strings, and a field that repeats without a list around it: other writers that we know make neither.
  @Test(arguments: [ParquetWriterOptions.Profile.compatible, .compact])
  func seldomShapes(profile: ParquetWriterOptions.Profile) throws {
    let schema = ParquetSchema([
      SchemaField("digits", .optional, .byteArray, .decimal(precision: 30, scale: 2)),
      SchemaField("items", .repeated, .int64),
    ])
    let digits = ByteStrings([
      [0x05], [0xFF, 0xFE], [0x00, 0x80], [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ])
    var writer = ParquetWriter(schema, options: Self.options(profile, pageValues: 3))
    var bytes: [UInt8] = []
    writer.write([
      ColumnBatch(.bytes(ByteColumn(digits)), definition: [1, 1, 0, 1, 1]),
      ColumnBatch(
        .int64([7, 8, -9, 10]), definition: [1, 1, 0, 1, 0, 1], repetition: [0, 1, 0, 0, 0, 0]),
    ]) { bytes += $0 }
    writer.finish { bytes += $0 }
    let reader = try ParquetReader(Bytes(bytes))
    #expect(reader.schema.fields == schema.fields)
    #expect(
      try ParquetDump.text(reader) == """
        digits BYTE_ARRAY
        1 5
        1 -2
        0 null
        1 128
        1 \(Int128(1) << 71 - 1)
        items INT64
        0 1 7
        1 1 8
        0 0 null
        0 1 -9
        0 0 null
        0 1 10

        """)
  }

  @Test func manyRowGroups() throws {
    var sample = ParquetSample(seed: 77)
    let columns = sample.columns(rows: 500)
    var options = Self.options(.compatible)
    options.rowGroupRows = 60
    let bytes = ParquetSample.file(columns, options)
    #expect(try ParquetReader(Bytes(bytes)).metadata.rowGroups.map(\.rowCount) == Array(repeating: 60, count: 8) + [20])
    #expect(try read(bytes) == lines(columns))
  }

  @Test func nothingButAFooter() throws {
    var writer = ParquetWriter(ParquetSample.schema, options: Self.options(.compatible))
    var bytes: [UInt8] = []
    writer.finish { bytes += $0 }
    let reader = try ParquetReader(Bytes(bytes))
    #expect(reader.metadata.rowCount == 0)
    #expect(reader.schema.fields == ParquetSample.schema.fields)
  }

  @Test func metadata() throws {
    var options = Self.options(.compatible)
    options.keyValues = [KeyValue("a", "b"), KeyValue("empty", nil)]
    options.sorting = [SortingColumn(3), SortingColumn(1, isDescending: true, nullsFirst: true)]
    var sample = ParquetSample(seed: 5)
    let reader = try ParquetReader(Bytes(ParquetSample.file(sample.columns(rows: 10), options)))
    #expect(reader.metadata.keyValues == options.keyValues)
    #expect(reader.metadata.createdBy == "test version 1")
    #expect(reader.metadata.rowGroups[0].sorting == options.sorting)
  }

  /// Pages that the offset index names are read without the others.
  @Test(arguments: [ParquetWriterOptions.Profile.compatible, .compact])
  func pagesAlone(profile: ParquetWriterOptions.Profile) throws {
    var sample = ParquetSample(seed: 9)
    let columns = sample.columns(rows: 400)
    let reader = try ParquetReader(Bytes(ParquetSample.file(columns, Self.options(profile, pageValues: 32))))
    for (index, column) in reader.schema.columns.enumerated() {
      let whole = ParquetDump.lines(try reader.column(index, rowGroup: 0), column)
      let pages = try #require(try reader.offsetIndex(rowGroup: 0, column: index))
      #expect(pages.pages.count > 3)
      var parts: [String] = []
      for page in pages.pages.indices {
        parts += ParquetDump.lines(
          try reader.column(index, rowGroup: 0, pages: page..<page + 1, of: pages), column)
      }
      #expect(parts == whole, "\(column.name)")
    }
  }

  @Test func damageIsFound() throws {
    var sample = ParquetSample(seed: 3)
    var bytes = ParquetSample.file(sample.columns(rows: 200), Self.options(.compatible, codec: .uncompressed))
    let reader = try ParquetReader(Bytes(bytes))
    let chunk = reader.metadata.rowGroups[0].columns[3]
    bytes[(chunk.dictionaryPageOffset ?? chunk.dataPageOffset) + chunk.compressedSize - 1] ^= 0x80
    let damaged = try ParquetReader(Bytes(bytes))
    let error = #expect(throws: FormatError.self) { _ = try damaged.column(3, rowGroup: 0) }
    #expect(error?.reason.contains("checksum") == true)
    #expect(error?.reason.contains("big") == true)
  }
}
