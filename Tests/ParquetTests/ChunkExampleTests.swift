import Columnar
import Testing

@testable import Parquet

/// Chunks that are stored like one of the same column before them, though they do not resemble it.
struct ChunkExampleTests {
  enum Change: CaseIterable {
    case constantTextThenMany, constantTextThenWords, constantNumberThenMany, randomIDsThenTimely, timesThenSeconds
    case wordsThenUnique, uniqueThenWords
  }

  private static let texts = SchemaField("column", .required, .byteArray, .string)
  private static let numbers = SchemaField("column", .required, .int64)
  private static let ids = SchemaField("column", .required, .fixedLengthByteArray, length: 16, .uuid)

  private func texts(_ count: Int, _ text: (Int) -> String) -> ColumnValues {
    .bytes(ByteColumn(ByteStrings((0..<count).map { Array(text($0).utf8) })))
  }

  private func ids(_ count: Int, _ byte: (_ row: Int, _ place: Int) -> UInt8) -> ColumnValues {
    .fixed(FixedColumn(width: 16, bytes: (0..<16 * count).map { byte($0 / 16, $0 % 16) }))
  }

  /// A chunk, and one that comes after it.
  private func chunks(_ change: Change) -> (field: SchemaField, first: ColumnValues, second: ColumnValues) {
    var random = ParquetSample(seed: 71)
    func document() -> String {
      #"{"by":"\#(["ada", "grace", "edsger"][random.below(3)])","effort":\#(random.below(100_000)),"tags":["launch"]}"#
    }
    func word() -> String { "a word of some length, number \(random.below(2_000))" }
    let (count, next) = (10_000, 16_000)
    switch change {
    case .constantTextThenMany: return (Self.texts, texts(count) { _ in #"{"v":1}"# }, texts(next) { _ in document() })
    case .constantTextThenWords: return (Self.texts, texts(count) { _ in "quiz" }, texts(next) { _ in word() })
    case .constantNumberThenMany:
      return (
        Self.numbers, .int64(.init(repeating: 1_000_000, count: count)),
        .int64((0..<next).map { _ in Int64(random.below(1_000_000)) * 10_000 })
      )
    case .randomIDsThenTimely:
      let prefix: [UInt8] = [1, 0x90, 0xB2, 0xF0, 0x7C, 0x1E, 0x70]
      let first = ids(count) { _, _ in UInt8(random.below(256)) }
      return (Self.ids, first, ids(next) { _, place in place < 7 ? prefix[place] : UInt8(random.below(256)) })
    case .timesThenSeconds:
      let day = 86_400_000_000
      let first = (0..<count).map { _ in 1_700_000_000_000_000 + Int64(random.below(30 * day)) }
      let second = (0..<next).map { _ in 1_700_000_000_000_000 + Int64(random.below(30) * day) }
      return (Self.numbers, .int64(first), .int64(second))
    case .wordsThenUnique: return (Self.texts, texts(count) { _ in word() }, texts(next) { _ in "\(random.next())" })
    case .uniqueThenWords: return (Self.texts, texts(count) { _ in "\(random.next())" }, texts(next) { _ in word() })
    }
  }

  private func file(_ writer: inout ParquetWriter, _ values: ColumnValues) throws -> Int {
    var bytes: [UInt8] = []
    writer.write([ColumnBatch(values)]) { bytes += $0 }
    writer.finish { bytes += $0 }
    let found = try ParquetReader(Bytes(bytes)).column(0, rowGroup: 0)
    let column = writer.schema.columns[0]
    #expect(ParquetDump.lines(found, column) == ParquetDump.lines(ColumnBatch(values), column))
    return bytes.count
  }

  /// What comes after takes about what it takes alone.
  @Test(arguments: Change.allCases, [ParquetWriterOptions.Profile.compatible, .compact])
  func another(change: Change, profile: ParquetWriterOptions.Profile) throws {
    let (field, first, second) = chunks(change)
    var alone = ParquetWriter(ParquetSchema([field]), options: ParquetRoundTripTests.options(profile))
    let best = try file(&alone, second)
    var writer = ParquetWriter(ParquetSchema([field]), options: ParquetRoundTripTests.options(profile))
    _ = try file(&writer, first)
    writer = writer.next()
    let size = try file(&writer, second)
    #expect(size <= best + best / 20, "\(best) bytes alone")
    // And after it the first again, and it again.
    for _ in 0..<2 {
      writer = writer.next()
      _ = try file(&writer, first)
      writer = writer.next()
      let size = try file(&writer, second)
      #expect(size <= best + best / 20, "\(best) bytes alone")
    }
  }
}
