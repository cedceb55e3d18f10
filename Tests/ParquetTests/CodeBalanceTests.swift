import Columnar
import Testing

@testable import Parquet

/// Codes of dictionaries that are numbered for their bytes to compress well.
struct CodeBalanceTests {
  /// `count` different texts, of which some are frequent, in no order.
  private func texts(_ count: Int, rows: Int, seed: UInt64 = 1) -> ColumnValues {
    var random = ParquetSample(seed: seed)
    let strings = ByteStrings((0..<count).map { Array("text \($0 % 1000) \($0 / 1000)".utf8) })
    let codes = (0..<rows).map { row in
      row % 3 == 0 && row / 3 < count
        ? UInt32(row / 3) : UInt32(min(random.below(count), random.below(count), random.below(40)))
    }
    return .bytes(ByteColumn(strings, codes: codes))
  }

  private func entropy(_ dictionary: ValueDictionary, bytes: Int) -> Double {
    var counts = [Int](repeating: 0, count: 256)
    for code in dictionary.codes { for byte in 0..<bytes { counts[Int(code >> UInt32(8 * byte)) & 0xFF] += 1 } }
    let all = Double(dictionary.codes.count * bytes)
    return counts.filter { $0 > 0 }.reduce(0) { sum, count in
      // A logarithm without a library for it: the halvings of the share.
      var (share, bits) = (Double(count) / all, 0.0)
      while share <= 0.5 { (share, bits) = (share * 2, bits + 1) }
      return sum + Double(count) * (bits + 2 * (1 - share))
    } / Double(dictionary.codes.count)
  }

  @Test(arguments: [(300, 5000), (5000, 20_000), (70_000, 240_000)])
  func valuesStayAndBytesAreMoreEven(count: Int, rows: Int) throws {
    let values = texts(count, rows: rows)
    let first = try #require(ValueDictionary(values, limit: 16 << 20))
    #expect(CodeBalance.pays(first))
    let places = CodeBalance.codes(first, values)
    #expect(places.sorted() == Array(0..<UInt32(first.count)))
    let other = first.renumbered(places, values)
    guard case .bytes(let column) = values else { return }
    for row in 0..<rows {
      try #require(column.strings[Int(other.strings[Int(other.codes[row])])] == column[row])
    }
    #expect(other.plain.count == first.plain.count && other.count == first.count)
    let bytes = count > 65_536 ? 3 : 2
    #expect(entropy(other, bytes: bytes) < entropy(first, bytes: bytes))
    // Texts that come once are next to those that resemble them: without quotation marks those of the same length.
    var rare = [Int](repeating: 0, count: first.count)
    for code in other.codes { rare[Int(code)] += 1 }
    let lengths = rare.indices.filter { rare[$0] == 1 }.map { column.strings.length(Int(other.strings[$0])) }
    #expect(lengths == lengths.sorted())
  }

  /// Of equally long texts those of one shape follow each other, those whose last values are as long first.
  @Test func shapes() {
    let texts = [
      #"{"a":"xx","b":"y"}"#, #"{"a":"x","b":"yy"}"#, #"{"a":"zz","b":"z"}"#, "", "plain", #"{"a":"x","b":"zz"}"#,
    ]
    let strings = ByteStrings(texts.map { Array($0.utf8) })
    let ranks = TextShapes.ranks([0, 1, 2, 3, 4, 5], of: strings)
    #expect(ranks == [2, 3, 2, 0, 1, 3])
    #expect(TextShapes.ranks([5, 3], of: strings) == [1, 0])
    #expect(TextShapes.ranks([], of: strings).isEmpty)
  }

  /// Texts of one key are put in bytewise order, whatever they begin with.
  @Test func textsOfOneKey() {
    var random = ParquetSample(seed: 8)
    let beginnings = ["", "a", "the same beginning ", #"{"a":"the same","b":""#]
    let strings = ByteStrings(
      (0..<600).map { index in
        Array(beginnings[index % 4].utf8) + (0..<random.below(20)).map { _ in UInt8(random.below(3)) }
          + Array("\(index)".utf8)
      })
    let places = (0..<400).map { _ in UInt32(random.below(600)) }
    let distinct = Array(Set(places)).sorted()
    let keys = distinct.map { _ in UInt64(random.below(5)) }
    let sorted = TextShapes.sorted(keys, distinct, of: strings)
    let expected = distinct.indices.sorted { a, b in
      if keys[a] != keys[b] { return keys[a] < keys[b] }
      return strings[Int(distinct[a])].lexicographicallyPrecedes(strings[Int(distinct[b])])
    }
    #expect(sorted.map { Int($0) } == expected)
    #expect(TextShapes.sorted([], [], of: strings).isEmpty)
  }

  @Test func numbers() throws {
    var random = ParquetSample(seed: 3)
    let numbers = (0..<20_000).map { _ in Int64(min(random.below(2000), random.below(2000), random.below(30))) - 500 }
    let values = ColumnValues.int64(numbers)
    let first = try #require(ValueDictionary(values, limit: 1 << 20))
    let other = first.renumbered(CodeBalance.codes(first, values), values)
    for row in numbers.indices {
      let start = Int(other.codes[row]) * 8
      let bits = (0..<8).reduce(UInt64(0)) { $0 | UInt64(other.plain[start + $1]) << UInt64(8 * $1) }
      try #require(Int64(bitPattern: bits) == numbers[row])
    }
  }

  @Test func notWhereValuesComeInRunsOrAreFew() throws {
    let strings = ByteStrings((0..<1000).map { Array("\($0)".utf8) })
    let sorted = ColumnValues.bytes(ByteColumn(strings, codes: (0..<10_000).map { UInt32($0 / 10) }))
    #expect(!CodeBalance.pays(try #require(ValueDictionary(sorted, limit: 1 << 20))))
    let few = ColumnValues.bytes(ByteColumn(strings, codes: (0..<10_000).map { UInt32($0 % 256) }))
    #expect(!CodeBalance.pays(try #require(ValueDictionary(few, limit: 1 << 20))))
  }

  /// Whole files, in both profiles, in one row group and in several, of which later ones are stored like the first.
  @Test(arguments: [ParquetWriterOptions.Profile.compatible, .compact], [6000, 30_000])
  func files(profile: ParquetWriterOptions.Profile, rowGroupRows: Int) throws {
    let rows = 30_000
    var options = ParquetRoundTripTests.options(profile)
    options.rowGroupRows = rowGroupRows
    let numbers = (0..<rows).map { Int64($0 * 7919 % 3001 * ($0 % 5)) }
    let columns: [(field: SchemaField, batch: ColumnBatch)] = [
      (SchemaField("text", .required, .byteArray, .string), ColumnBatch(texts(4000, rows: rows))),
      (SchemaField("number", .required, .int64), ColumnBatch(.int64(numbers))),
      (SchemaField("kind", .required, .byteArray, .string), ColumnBatch(kinds(rows))),
      (SchemaField("id", .required, .fixedLengthByteArray, length: 16), ColumnBatch(.fixed(ids(rows)))),
    ]
    let schema = ParquetSchema(columns.map(\.field))
    var writer = ParquetWriter(schema, options: options)
    for _ in 0..<2 {
      writer = writer.next()
      var bytes: [UInt8] = []
      writer.write(columns.map(\.batch)) { bytes += $0 }
      writer.finish { bytes += $0 }
      let reader = try ParquetReader(Bytes(bytes))
      for (place, column) in columns.enumerated() {
        var found: [String] = []
        for group in reader.metadata.rowGroups.indices {
          found += ParquetDump.lines(try reader.column(place, rowGroup: group), schema.columns[place])
        }
        #expect(found == ParquetDump.lines(column.batch, schema.columns[place]))
      }
    }
  }

  /// A few texts in runs, most of them shorter than eight.
  private func kinds(_ rows: Int) -> ColumnValues {
    var random = ParquetSample(seed: 9)
    var codes: [UInt32] = []
    while codes.count < rows {
      let code = UInt32(random.below(5))
      codes += Array(repeating: code, count: min(rows - codes.count, 1 + random.below(12)))
    }
    return .bytes(ByteColumn(ByteStrings((0..<5).map { Array("kind \($0)".utf8) }), codes: codes))
  }

  private func ids(_ rows: Int) -> FixedColumn {
    var random = ParquetSample(seed: 8)
    return FixedColumn(width: 16, bytes: (0..<rows * 16).map { UInt8(random.below($0 % 16 < 6 ? 3 : 256)) })
  }
}
