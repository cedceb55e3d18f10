import Columnar
import Parquet
import Testing

/// Damaged and made-up files: each is an error or gives values, and none a trap.
struct HostileParquetTests {
  private func limits() -> ParquetLimits {
    var limits = ParquetLimits()
    // Damage behind a checksum would never be seen by the decoders.
    limits.checksChecksums = false
    limits.page = 1 << 20
    limits.pageValues = 1 << 16
    limits.decoded = 1 << 22
    return limits
  }

  /// Reads all that can be read.
  private func devour(_ bytes: [UInt8]) -> Int {
    var errors = 0
    func attempt(_ body: () throws(FormatError) -> Void) {
      do throws(FormatError) { try body() } catch { errors += 1 }
    }
    attempt { () throws(FormatError) in
      let reader = try ParquetReader(Bytes(bytes), limits: limits())
      for group in reader.metadata.rowGroups.indices.prefix(20) {
        for column in reader.schema.columns.indices.prefix(40) {
          attempt { () throws(FormatError) in _ = try reader.column(column, rowGroup: group) }
          attempt { () throws(FormatError) in _ = try reader.columnIndex(rowGroup: group, column: column) }
          attempt { () throws(FormatError) in
            if let filter = try reader.bloomFilter(rowGroup: group, column: column) { _ = filter.mayContain([1]) }
          }
          attempt { () throws(FormatError) in
            guard let index = try reader.offsetIndex(rowGroup: group, column: column) else { return }
            _ = try reader.column(
              column, rowGroup: group, pages: index.pages.count / 2..<index.pages.count, of: index)
          }
        }
      }
      var batches = ParquetBatchReader(reader, columns: Array(reader.schema.columns.indices.prefix(40)))
      while try batches.next(limit: 50) != nil {}
    }
    return errors
  }

  private static func samples() throws -> [[UInt8]] {
    var sample = ParquetSample(seed: 4)
    let columns = sample.columns(rows: 60)
    var files: [[UInt8]] = []
    for profile in [ParquetWriterOptions.Profile.compatible, .compact] {
      for codec in [ParquetCodec.uncompressed, .zstd] {
        var options = ParquetRoundTripTests.options(profile, codec: codec, pageValues: 16)
        options.columns["text"] = .init(hasBloomFilter: true)
        files.append(ParquetSample.file(columns, options))
      }
    }
    for name in ["pyarrow-encodings-v1", "pyarrow-encodings-v2", "pyarrow-nested-v2", "pyarrow-snappy", "pyarrow-gzip"]
    {
      files.append(try GoldenParquetTests.bytes(name))
    }
    return files
  }

  @Test(arguments: 0..<9)
  func changedBytes(file: Int) throws {
    let original = try Self.samples()[file]
    var random = ParquetSample(seed: UInt64(file) + 1)
    var failures = 0
    for _ in 0..<300 {
      var bytes = original
      for _ in 0...random.below(3) {
        // Half of the damage goes to the footer and the indexes, which are short.
        let tail = random.below(2) == 0
        let place = tail ? bytes.count - 1 - random.below(bytes.count / 3) : random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[place] ^= UInt8(1 << random.below(8))
        case 1: bytes[place] = UInt8(random.below(256))
        default: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][random.below(5)]
        }
      }
      failures += devour(bytes) > 0 ? 1 : 0
    }
    #expect(failures > 50)
  }

  @Test(arguments: 0..<9)
  func truncated(file: Int) throws {
    let original = try Self.samples()[file]
    for length in stride(from: 0, to: original.count, by: max(1, original.count / 100)) {
      #expect(devour(Array(original[..<length])) > 0)
      // The end kept, so that the footer is found and its offsets are wrong.
      _ = devour(Array(original[..<4]) + original[max(4, length)...])
    }
  }

  @Test func reasonsNameWhatIsMissing() throws {
    func reason(_ bytes: [UInt8]) -> String {
      do throws(FormatError) {
        let reader = try ParquetReader(Bytes(bytes))
        for column in reader.schema.columns.indices { _ = try reader.column(column, rowGroup: 0) }
        return ""
      } catch {
        return error.reason
      }
    }
    #expect(reason([]).contains("PAR1"))
    #expect(reason(Array("PAR1xxxxxxxxPAR1".utf8)).contains("footer"))
    #expect(reason(Array("PAREx\0\0\0\0\0\0\0PARE".utf8)) == "unsupported: encryption")
    var sample = ParquetSample(seed: 4)
    let file = ParquetSample.file(sample.columns(rows: 50), ParquetRoundTripTests.options(.compatible))
    #expect(reason(Array(file.dropLast(1))).contains("PAR1"))
    for (code, name) in [(3, "LZO"), (4, "BROTLI"), (5, "LZ4_RAW"), (99, "99")] as [(Int32, String)] {
      #expect(throws: FormatError.self) { _ = try ParquetCodec.checked(code) }
      do throws(FormatError) { _ = try ParquetCodec.checked(code) } catch { #expect(error.reason.contains(name)) }
    }
  }
}
