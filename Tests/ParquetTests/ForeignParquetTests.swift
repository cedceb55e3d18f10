import Columnar
import Foundation
import Parquet
import Testing

/// What files of other writers say beside their values: logical types, bounds of pages, Bloom filters; and files with what
/// this library does not have. The table in Formats/parquet.md says which file shows which feature.
struct ForeignParquetTests {
  private static func reader(_ name: String) throws -> ParquetReader {
    try ParquetReader(Bytes(GoldenParquetTests.bytes(name)))
  }

  private static func timestamp(_ unit: LogicalType.Unit, _ isUTC: Bool) -> LogicalType {
    .timestamp(isUTC: isUTC, unit: unit)
  }

  static let types: [String: [String: LogicalType?]] = [
    "pyarrow-times": [
      "ms_utc": timestamp(.milliseconds, true), "ms_local": timestamp(.milliseconds, false),
      "us_utc": timestamp(.microseconds, true), "us_local": timestamp(.microseconds, false),
      "ns_utc": timestamp(.nanoseconds, true), "ns_local": timestamp(.nanoseconds, false),
      "time_ms": .time(isUTC: false, unit: .milliseconds), "time_us": .time(isUTC: false, unit: .microseconds),
      "time_ns": .time(isUTC: false, unit: .nanoseconds),
    ],
    "pyarrow-logical": [
      "uuid": .uuid, "json": .json, "half": .float16, "dec9": .decimal(precision: 9, scale: 2),
      "dec18": .decimal(precision: 18, scale: 6), "dec38": .decimal(precision: 38, scale: 10),
      "dec50": .decimal(precision: 50, scale: 10), "large": .string, "names": .string,
      "i8": .integer(bits: 8, isSigned: true), "u8": .integer(bits: 8, isSigned: false),
      "i16": .integer(bits: 16, isSigned: true), "u16": .integer(bits: 16, isSigned: false), "i32": .none,
      "u32": .integer(bits: 32, isSigned: false), "i64": .none, "u64": .integer(bits: 64, isSigned: false),
    ],
    "duckdb-types": [
      "local": timestamp(.microseconds, false), "utc": timestamp(.microseconds, true),
      "nanos": timestamp(.nanoseconds, false), "day": .date, "clock": .time(isUTC: false, unit: .microseconds),
      "level": .string, "blob": .none, "huge": .none, "even": .none, "span": .interval,
    ],
    "polars-types": [
      "ms_utc": timestamp(.milliseconds, true), "ms_local": timestamp(.milliseconds, false),
      "us_utc": timestamp(.microseconds, true), "us_local": timestamp(.microseconds, false),
      "ns_utc": timestamp(.nanoseconds, true), "ns_local": timestamp(.nanoseconds, false),
      "clock": .time(isUTC: false, unit: .nanoseconds), "level": .string,
      "dec38": .decimal(precision: 38, scale: 10),
    ],
  ]

  @Test(arguments: types.keys.sorted()) func logicalTypes(name: String) throws {
    let expected = try #require(Self.types[name])
    let columns = try Self.reader(name).schema.columns
    #expect(columns.count == expected.count)
    for column in columns { #expect(expected[column.name] == .some(column.logical), "\(column.name)") }
  }

  /// Whatever is in a chunk is in its filter, and hardly anything else.
  @Test(arguments: ["pyarrow-bloom", "duckdb-bloom", "duckdb-groups", "spark-bloom"])
  func bloomFilters(name: String) throws {
    let reader = try Self.reader(name)
    for group in reader.metadata.rowGroups.indices {
      for (index, column) in reader.schema.columns.enumerated() {
        let filter = try #require(try reader.bloomFilter(rowGroup: group, column: index), "\(column.name)")
        let values = try reader.column(index, rowGroup: group).values
        #expect(values.count > 0)
        var others: [[UInt8]] = []
        switch values {
        case .bytes(let texts):
          for row in 0..<texts.count { #expect(filter.mayContain(texts[row])) }
          others = (0..<1_000).map { Array("nobody-\($0)".utf8) }
        case .int64(let numbers):
          for number in numbers { #expect(filter.mayContain(Self.little(number))) }
          others = (0..<1_000).map { Self.little(Int64($0) &* 0x9E37_79B9_7F4A_7C1 &+ 17) }
        case .int32(let numbers):
          for number in numbers { #expect(filter.mayContain(Self.little(number))) }
          others = (0..<1_000).map { Self.little(Int32($0) &* 7_919 &+ 1_000_003) }
        default: Issue.record("a column of a type that is not expected here")
        }
        #expect(others.count { filter.mayContain($0) } < 200, "\(column.name): the filter lets everything in")
      }
    }
  }

  private static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// The values of every page lie within the bounds that the page index of its writer gives, and nulls are as many as it says.
  @Test func pageIndexesHold() throws {
    var checked: [String: Int] = [:]
    for name in GoldenParquetTests.names {
      let reader = try Self.reader(name)
      for group in reader.metadata.rowGroups.indices {
        for (place, column) in reader.schema.columns.enumerated() where column.maxRepetition == 0 {
          guard let bounds = try reader.columnIndex(rowGroup: group, column: place) else { continue }
          let pages = try #require(try reader.offsetIndex(rowGroup: group, column: place))
          #expect(bounds.isNull.count == pages.pages.count)
          for page in pages.pages.indices {
            let batch = try reader.column(place, rowGroup: group, pages: page..<page + 1, of: pages)
            let what = "\(name), \(column.name), page \(page)"
            if let counts = bounds.nullCounts {
              #expect(Int(counts[page]) == batch.levelCount - batch.values.count, "\(what)")
            }
            #expect(bounds.isNull[page] == (batch.values.count == 0), "\(what)")
            if batch.values.count == 0 { continue }
            let range = (bounds.minimums[page], bounds.maximums[page])
            #expect(Self.hold(range, batch.values, column), "\(what)")
            checked[String(name.prefix { $0 != "-" }), default: 0] += 1
          }
        }
      }
    }
    #expect(checked.keys.sorted() == ["polars", "pyarrow", "spark"], "DuckDB writes no page index")
    #expect(checked.values.allSatisfy { $0 > 20 }, "\(checked)")
  }

  private static func hold(
    _ range: (low: [UInt8], high: [UInt8]), _ values: ColumnValues, _ column: ParquetColumn
  ) -> Bool {
    func number<T: FixedWidthInteger>(_ bytes: [UInt8], _ type: T.Type) -> T {
      bytes.reversed().reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
    }
    let isUnsigned = if case .integer(_, false) = column.logical { true } else { false }
    switch values {
    case .boolean(let values):
      return values.allSatisfy { ($0 ? 1 : 0) >= range.low[0] && ($0 ? 1 : 0) <= range.high[0] }
    case .int32(let values):
      return values.allSatisfy { value in
        isUnsigned
          ? UInt32(bitPattern: value) >= number(range.low, UInt32.self)
            && UInt32(bitPattern: value) <= number(range.high, UInt32.self)
          : value >= number(range.low, Int32.self) && value <= number(range.high, Int32.self)
      }
    case .int64(let values):
      return values.allSatisfy { value in
        isUnsigned
          ? UInt64(bitPattern: value) >= number(range.low, UInt64.self)
            && UInt64(bitPattern: value) <= number(range.high, UInt64.self)
          : value >= number(range.low, Int64.self) && value <= number(range.high, Int64.self)
      }
    case .float(let values):
      let low = Float(bitPattern: number(range.low, UInt32.self))
      let high = Float(bitPattern: number(range.high, UInt32.self))
      return values.allSatisfy { $0.isNaN || ($0 >= low && $0 <= high) }
    case .double(let values):
      let low = Double(bitPattern: number(range.low, UInt64.self))
      let high = Double(bitPattern: number(range.high, UInt64.self))
      return values.allSatisfy { $0.isNaN || ($0 >= low && $0 <= high) }
    case .bytes(let values): return (0..<values.count).allSatisfy { isWithin(range, values[$0], column) }
    case .fixed(let values): return (0..<values.count).allSatisfy { isWithin(range, values[$0], column) }
    }
  }

  private static func isWithin(
    _ range: (low: [UInt8], high: [UInt8]), _ value: [UInt8], _ column: ParquetColumn
  ) -> Bool {
    guard case .decimal = column.logical else {
      return !value.lexicographicallyPrecedes(range.low) && !range.high.lexicographicallyPrecedes(value)
    }
    // The highest byte first, with a sign; all values here fit.
    func number(_ bytes: [UInt8]) -> Int128 {
      bytes.reduce((bytes.first ?? 0) >= 0x80 ? -1 : 0) { $0 << 8 | Int128($1) }
    }
    return number(value) >= number(range.low) && number(value) <= number(range.high)
  }

  /// Every file in `unsupported`, and what must be said of it.
  static let refused: [String: String] = [
    "alp": "encoding ALP", "bit-packed-levels": "levels in the deprecated encoding BIT_PACKED",
    "bit-packed-values": "encoding bitPacked", "brotli": "compression BROTLI", "codec-9": "compression number 9",
    "encoding-42": "encoding number 42", "encrypted": "encryption", "encrypted-column": "encryption",
    "lz4-hadoop": "compression LZ4 with the framing of Hadoop", "lzo": "compression LZO",
    "other-files": "columns in other files", "page-type": "pages of type 7",
  ]

  @Test func allThatIsRefusedIsTold() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: GoldenParquetTests.folder.appendingPathComponent("unsupported").path)
    #expect(Set(files) == Set(Self.refused.keys.map { $0 + ".parquet" }))
  }

  @Test(arguments: refused.keys.sorted()) func featuresAreNamed(name: String) throws {
    let feature = try #require(Self.refused[name])
    let error = #expect(throws: FormatError.self) {
      let reader = try Self.reader("unsupported/" + name)
      for column in reader.schema.columns.indices { _ = try reader.column(column, rowGroup: 0) }
    }
    #expect(error?.reason.contains("unsupported: " + feature) == true, "\(error?.reason ?? "")")
  }
}
