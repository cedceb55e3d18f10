import Columnar
import Foundation
import Parquet
import Testing

/// Files that pyarrow, DuckDB, Polars and Spark wrote, with their values as Python saw them.
struct GoldenParquetTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Golden/parquet")

  static let names: [String] = {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return all.filter { $0.hasSuffix(".parquet") }.map { String($0.dropLast(8)) }.sorted()
  }()

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(name + ".parquet")))
  }

  static func expected(_ name: String) throws -> String {
    try String(contentsOf: folder.appendingPathComponent(name + ".txt"), encoding: .utf8)
  }

  @Test func thereAreFiles() { #expect(Self.names.count >= 25) }

  @Test(arguments: names)
  func valuesAreThoseOfTheWriter(name: String) throws {
    let reader = try ParquetReader(Bytes(Self.bytes(name)))
    #expect(try ParquetDump.text(reader) == Self.expected(name))
  }

  @Test(arguments: names, [1, 7, 1000])
  func batchesAreTheSame(name: String, limit: Int) throws {
    let reader = try ParquetReader(Bytes(Self.bytes(name)))
    let columns = Array(reader.schema.columns.indices)
    var lines = [[String]](repeating: [], count: columns.count)
    var batches = ParquetBatchReader(reader, columns: columns)
    var rows = 0
    while let batch = try batches.next(limit: limit) {
      #expect(batch.rowCount <= limit)
      rows += batch.rowCount
      for column in columns {
        lines[column] += ParquetDump.lines(batch.columns[column], reader.schema.columns[column])
      }
    }
    #expect(rows == reader.metadata.rowCount)
    var whole = [[String]](repeating: [], count: columns.count)
    for group in reader.metadata.rowGroups.indices {
      for column in columns {
        whole[column] += ParquetDump.lines(
          try reader.column(column, rowGroup: group), reader.schema.columns[column])
      }
    }
    #expect(lines == whole)
  }

  /// Read, written and read again, in both profiles.
  @Test(arguments: names, [ParquetWriterOptions.Profile.compatible, .compact])
  func rewritingKeepsTheValues(name: String, profile: ParquetWriterOptions.Profile) throws {
    let reader = try ParquetReader(Bytes(Self.bytes(name)))
    var options = ParquetWriterOptions(profile: profile, createdBy: "test version 1")
    options.pageValues = 5
    var writer = ParquetWriter(reader.schema, options: options)
    var bytes: [UInt8] = []
    for group in reader.metadata.rowGroups.indices {
      let columns = try reader.schema.columns.indices.map { try reader.column($0, rowGroup: group) }
      writer.write(columns) { bytes += $0 }
    }
    writer.finish { bytes += $0 }
    let again = try ParquetReader(Bytes(bytes))
    #expect(try ParquetDump.text(again) == Self.expected(name))
    #expect(again.schema.fields == reader.schema.fields)
  }

  @Test func unsupportedFeaturesAreNamed() throws {
    let reader = try ParquetReader(Bytes(Self.bytes("unsupported/brotli")))
    let error = #expect(throws: FormatError.self) { _ = try reader.column(0, rowGroup: 0) }
    #expect(error?.reason == "column n: unsupported: compression BROTLI")
    #expect(error?.offset == 4)
  }

  @Test func statisticsAndIndexesOfOthers() throws {
    let reader = try ParquetReader(Bytes(Self.bytes("pyarrow-v2")))
    let column = try #require(reader.schema.column("always"))
    let statistics = try #require(reader.statistics(rowGroup: 0, column: column))
    #expect(statistics.minimum == [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(statistics.maximum == [29, 0, 0, 0, 0, 0, 0, 0])
    #expect(statistics.nullCount == 0)
    let index = try #require(try reader.columnIndex(rowGroup: 0, column: column))
    #expect(index.minimums == [[0, 0, 0, 0, 0, 0, 0, 0]])
    let pages = try #require(try reader.offsetIndex(rowGroup: 0, column: column))
    #expect(try reader.column(column, rowGroup: 0, pages: 0..<1, of: pages).rowCount == 30)
  }
}
