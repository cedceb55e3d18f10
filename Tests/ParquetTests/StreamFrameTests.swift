import Columnar
import Testing

@testable import Parquet

/// Frames of streams that were compressed apart.
struct StreamFrameTests {
  private let compressor = PageCompressor(.zstd)

  /// Numbers of eight bytes cut into their streams.
  private func streams(_ numbers: [Int64]) -> [UInt8] {
    var plain: [UInt8] = []
    for number in numbers { for byte in 0..<8 { plain.append(UInt8(truncatingIfNeeded: number >> Int64(8 * byte))) } }
    var streams: [UInt8] = []
    ByteStreamSplit.append(plain, from: 0, width: 8, to: &streams)
    return streams
  }

  /// Times of some months: the lower streams are noise, the upper ones constant, and of one some is a repetition.
  private func times(_ count: Int) -> [Int64] {
    var random = ParquetSample(seed: 31)
    return (0..<count).map {
      1_700_000_000_000_000 + Int64($0 % 97) * 90_000_000_000 + Int64(random.below(80_000_000_000))
    }
  }

  @Test(arguments: [1, 2, 31, 32, 255, 256, 1_000, 16_384, 131_072, 131_073, 300_000])
  func streamsComeBack(count: Int) throws {
    let raw = streams(times(count))
    let efforts: [CompressionEffort] = [.stored, .stored, .stored, .stored, .symbols, .thorough, .level(1), .stored]
    let frame = try #require(compressor.compress(raw, efforts))
    #expect(try ParquetCodec.zstd.decompress(Bytes(frame), rawLength: raw.count) == Bytes(raw))
    if count > 1_000 { #expect(frame.count < compressor.compress(raw, .symbols, stream: count).count) }
  }

  /// The bytes of a frame, written down by the specification.
  @Test func bytes() {
    var frame = StreamFrame(contentSize: 0x020305)
    frame.append(stored: [7, 8][...])
    frame.append(9, count: 131_073)
    let isJoined = frame.append(blocksOf: [0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 0x19, 0, 0, 1, 2, 3])
    #expect(isJoined)
    frame.finish()
    let expected: [UInt8] = [
      0x28, 0xB5, 0x2F, 0xFD, 0xA0, 0x05, 0x03, 0x02, 0,  // one segment, its length in four bytes
      0x10, 0, 0, 7, 8,  // two bytes as they are
      0x2C, 0, 0, 0x0D, 0, 0x20, 9, 0,  // literals that repeat, 131,072 of them, and no sequences
      0x2C, 0, 0, 0x1D, 0, 0, 9, 0,
      0x19, 0, 0, 1, 2, 3,  // the block of the other frame, and the last one
    ]
    #expect(frame.bytes == expected)
  }

  /// What is no frame, or one with a checksum or a dictionary, is not taken apart.
  @Test(arguments: [
    [] as [UInt8], [0x28, 0xB5, 0x2F, 0xFD, 0x20], [1, 2, 3, 4, 0x20, 3, 0x19, 0, 0, 1, 2, 3],
    [0x28, 0xB5, 0x2F, 0xFD, 0x24, 3, 0x19, 0, 0, 1, 2, 3, 0, 0, 0, 0],
    [0x28, 0xB5, 0x2F, 0xFD, 0x21, 5, 3, 0x19, 0, 0, 1, 2, 3],
    [0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 0x19, 0, 0, 1, 2], [0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 0x18, 0, 0, 1, 2, 3],
    [0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 0x1F, 0, 0, 1, 2, 3],
    [0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 0x19, 0, 0, 1, 2, 3, 4],
  ])
  func others(frame: [UInt8]) {
    var whole = StreamFrame(contentSize: 3)
    let isJoined = whole.append(blocksOf: frame)
    #expect(!isJoined)
  }

  /// A stream that begins by telling a distance again, as a frame may, means another one behind a stream with distances of
  /// its own. Such streams are not joined.
  @Test func distancesOfAnotherStream() throws {
    var random = ParquetSample(seed: 32)
    let phrases = (0..<8).map { _ in (0..<40).map { _ in UInt8(random.below(256)) } }
    let first = (0..<100).flatMap { _ in phrases[random.below(8)] }
    let second = (0..<1_000).flatMap { _ in [UInt8](repeating: UInt8(random.below(256)), count: 4) }
    let raw = first + second
    var frame = StreamFrame(contentSize: raw.count)
    for stream in [first, second] {
      let isJoined = frame.append(blocksOf: compressor.compress(stream, .thorough))
      #expect(isJoined)
    }
    frame.finish()
    let unpacked = try? ParquetCodec.zstd.decompress(Bytes(frame.bytes), rawLength: raw.count)
    #expect(unpacked.map { $0 == Bytes(raw) } != true)
    #expect(compressor.compress(raw, [.thorough, .thorough]) == nil)
    #expect(compressor.compress(raw, [.thorough, .stored]) != nil)
  }

  /// Numbers of which several streams repeat, and such of which one does, come back from a file.
  @Test func chunks() throws {
    let schema = ParquetSchema([SchemaField("number", .required, .int64, .none)])
    var random = ParquetSample(seed: 33)
    let runs = (0..<60_000).map { row -> Int64 in
      let (high, middle) = (Int64(row / 11 % 13) << 40, Int64(row / 7 % 1_000) << 20)
      return high | middle | Int64(random.below(200))
    }
    for numbers in [runs, times(200_000)] {
      var writer = ParquetWriter(schema, options: ParquetWriterOptions(profile: .compact, createdBy: "test version 1"))
      var bytes: [UInt8] = []
      writer.write([ColumnBatch(.int64(numbers))]) { bytes += $0 }
      writer.finish { bytes += $0 }
      #expect(try ParquetReader(Bytes(bytes)).column(0, rowGroup: 0).values == .int64(numbers))
    }
  }
}
