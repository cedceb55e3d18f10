import Columnar
import Testing

@testable import Parquet

/// How hard columns are compressed.
struct CompressionEffortTests {
  private let schema = ParquetSchema([
    SchemaField("time", .required, .int64, .timestamp(isUTC: true, unit: .microseconds))
  ])

  private func choice(_ values: ColumnValues) -> ChunkChoice {
    let options = ParquetWriterOptions(createdBy: "test version 1")
    var encoder = ValueEncoder(values, nil)
    return ChunkChoice(&encoder, .int64, options, PageCompressor(.zstd))
  }

  /// Times of four months in no order: their upper halves are those of others, and of the lower ones nothing is.
  @Test func halvesOfTimes() throws {
    var random = ParquetSample(seed: 21)
    let times = (0..<100_000).map { _ in 1_700_000_000_000_000 + Int64(random.below(10_000_000_000_000)) }
    #expect(choice(.int64(times)).effort == .halves)
    var writer = ParquetWriter(schema, options: ParquetWriterOptions(createdBy: "test version 1"))
    var bytes: [UInt8] = []
    writer.write([ColumnBatch(.int64(times))]) { bytes += $0 }
    writer.finish { bytes += $0 }
    #expect(bytes.count < 640_000)
    #expect(try ParquetReader(Bytes(bytes)).column(0, rowGroup: 0).values == .int64(times))
  }

  @Test func otherNumbers() {
    var random = ParquetSample(seed: 22)
    #expect(choice(.int64((0..<50_000).map { _ in Int64(bitPattern: random.next()) })).codec == .uncompressed)
    #expect(choice(.int64((0..<50_000).map { _ in Int64(random.below(200)) })).effort != .halves)
  }
}
