import Columnar
import Testing

@testable import Parquet

/// Each encoding alone, at the edges of its widths.
struct EncodingTests {
  @Test(arguments: 0...32, [1, 8, .max])
  func hybrid(width: Int, shortestRun: Int) throws {
    var random = ParquetSample(seed: UInt64(width) + 1)
    let most = width == 32 ? UInt32.max : (UInt32(1) << UInt32(width)) - 1
    for count in [0, 1, 7, 8, 9, 31, 64, 65, 500] {
      for run in [1, 3, 8, 40] {
        var values: [UInt32] = []
        while values.count < count {
          let value = UInt32(truncatingIfNeeded: random.next()) & most
          values += Array(repeating: value, count: min(count - values.count, 1 + random.below(run)))
        }
        var bytes: [UInt8] = []
        HybridEncoding.append(values, 0..<count, width: width, shortestRun: shortestRun, to: &bytes)
        var back: [UInt32] = []
        let end = try HybridEncoding.decode(
          Bytes(bytes), at: 0, width: width, count: count, largest: most, to: &back)
        #expect(back == values)
        #expect(end == bytes.count)
      }
    }
  }

  /// The bytes that the format's own description gives for 1 to 7 in three bits.
  @Test func hybridOfTheSpecification() throws {
    var bytes: [UInt8] = []
    HybridEncoding.append([0, 1, 2, 3, 4, 5, 6, 7] as [UInt32], 0..<8, width: 3, to: &bytes)
    #expect(bytes == [0x03, 0b1000_1000, 0b1100_0110, 0b1111_1010])
    var back: [UInt32] = []
    #expect(throws: FormatError.self) {
      _ = try HybridEncoding.decode(Bytes(bytes), at: 0, width: 3, count: 8, largest: 6, to: &back)
    }
  }

  @Test(arguments: 0...64)
  func delta(width: Int) throws {
    var random = ParquetSample(seed: UInt64(width) + 7)
    for count in [0, 1, 2, 32, 33, 128, 129, 130, 700] {
      let values = (0..<count).map { _ in
        width == 0 ? 5 : Int64(bitPattern: random.next() >> UInt64(64 - width)) &+ (width == 64 ? 0 : -3)
      }
      for bits in [32, 64] where bits == 64 || width <= 32 {
        let numbers = bits == 32 ? values.map { Int64(Int32(truncatingIfNeeded: $0)) } : values
        var bytes: [UInt8] = [9]
        DeltaEncoding.append(numbers, 0..<count, bits: bits, to: &bytes)
        var back: [Int64] = []
        let end = try DeltaEncoding.decode(Bytes(bytes), at: 1, expected: count, to: &back)
        #expect((bits == 32 ? back.map { Int64(Int32(truncatingIfNeeded: $0)) } : back) == numbers)
        #expect(end == bytes.count)
      }
    }
  }

  @Test func deltaWrapsAround() throws {
    let values: [Int64] = [.min, .max, 0, -1, .min, .min, .max]
    var bytes: [UInt8] = []
    DeltaEncoding.append(values, 0..<values.count, bits: 64, to: &bytes)
    var back: [Int64] = []
    _ = try DeltaEncoding.decode(Bytes(bytes), at: 0, expected: values.count, to: &back)
    #expect(back == values)
  }

  /// The bytes that follow from the format's first example, in blocks as long as real ones are.
  @Test func deltaOfTheSpecification() {
    var bytes: [UInt8] = []
    DeltaEncoding.append([1, 2, 3, 4, 5], 0..<5, bits: 64, to: &bytes)
    #expect(bytes == [0x80, 0x01, 4, 5, 2, 2, 0, 0, 0, 0])
  }

  @Test func strings() throws {
    let texts = ["axis", "axle", "babble", "babyhood", "", "babyhood", "babyhood!"].map { Array($0.utf8) }
    let column = ByteColumn(ByteStrings(texts))
    var bytes: [UInt8] = []
    StringEncodings.appendDeltas(column.strings.arena, 0..<texts.count, to: &bytes) { column.strings.range($0) }
    #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("axislebabbleyhoodbabyhood!"))
    var back = ByteStrings()
    var codes: [UInt32]?
    try StringEncodings.decodeDeltas(
      Bytes(bytes), at: 0, count: texts.count, limit: 1000, to: &back, codes: &codes, beginsCodes: true)
    #expect((0..<back.count).map { back[$0] } == texts && codes == nil)
    bytes = []
    StringEncodings.appendLengths(column, 0..<texts.count, to: &bytes)
    back = ByteStrings()
    try StringEncodings.decodeLengths(Bytes(bytes), at: 0, count: texts.count, limit: 1000, to: &back)
    #expect((0..<back.count).map { back[$0] } == texts)
    // What a string shares with the one before is not there in the bytes: it is bounded.
    #expect(throws: FormatError.self) {
      var back = ByteStrings()
      try StringEncodings.decodeLengths(Bytes(bytes), at: 0, count: texts.count, limit: 10, to: &back)
    }
  }

  /// A text that comes again is stored once, where codes can say so.
  @Test func stringsThatRepeat() throws {
    let texts = ["", "", "a", "ab", "ab", "ab", "a", "", "b", "b"].map { Array($0.utf8) }
    let column = ByteColumn(ByteStrings(texts))
    var bytes: [UInt8] = []
    StringEncodings.appendDeltas(column.strings.arena, 0..<texts.count, to: &bytes) { column.strings.range($0) }
    for begins in [true, false] {
      var back = ByteStrings()
      var codes: [UInt32]?
      // Twice, as pages follow each other.
      for _ in 0..<2 {
        try StringEncodings.decodeDeltas(
          Bytes(bytes), at: 0, count: texts.count, limit: 1000, to: &back, codes: &codes, beginsCodes: begins)
      }
      #expect((codes != nil) == begins && back.count == (begins ? 12 : 20))
      let all = ByteColumn(back, codes: codes)
      #expect((0..<all.count).map { all[$0] } == texts + texts)
      // A byte or two too many.
      #expect(throws: FormatError.self) {
        var (back, codes) = (ByteStrings(), nil as [UInt32]?)
        try StringEncodings.decodeDeltas(
          Bytes(bytes), at: 0, count: texts.count, limit: begins ? 4 : 8, to: &back, codes: &codes, beginsCodes: begins)
      }
      // Cut, shared with nothing, too few.
      for damaged in [Array(bytes.dropLast()), [0x80, 1, 4, 1, 2, 0x80, 1, 4, 1, 0], bytes] {
        #expect(throws: FormatError.self) {
          var (back, codes) = (ByteStrings(), nil as [UInt32]?)
          let count = damaged.count == 10 ? 1 : damaged == bytes ? texts.count + 1 : texts.count
          try StringEncodings.decodeDeltas(
            Bytes(damaged), at: 0, count: count, limit: 1000, to: &back, codes: &codes, beginsCodes: begins)
        }
      }
    }
  }

  /// Codes of texts that repeat are not those of a dictionary, which must have come first.
  @Test func dictionariesComeFirst() throws {
    let column = ParquetSchema([SchemaField("text", .required, .byteArray, .string)]).columns[0]
    let texts = ByteColumn(ByteStrings(["a", "a", "b"].map { Array($0.utf8) }))
    var bytes: [UInt8] = []
    StringEncodings.appendDeltas(texts.strings.arena, 0..<3, to: &bytes) { texts.strings.range($0) }
    var builder = ColumnBuilder(column, limits: ParquetLimits())
    try builder.append(Bytes(bytes), at: 0, count: 3, encoding: .deltaStrings, dictionary: nil)
    let many = ColumnValues.bytes(ByteColumn(ByteStrings((0..<9).map { [UInt8($0)] })))
    builder.begin(dictionary: many)
    // The last of nine values, in codes of eight bits.
    #expect(throws: FormatError.self) {
      try builder.append(Bytes([8, 2, 8]), at: 0, count: 1, encoding: .dictionary, dictionary: many)
    }
    guard case .bytes(let read) = builder.values else { throw FormatError(offset: 0, "no texts") }
    #expect(read.codes == [0, 0, 1] && (0..<3).map { read[$0] } == [[97], [97], [98]])
  }

  @Test func streams() {
    var bytes: [UInt8] = []
    ByteStreamSplit.append(
      [0xAA, 0xBB, 0xCC, 0xDD, 0, 0x11, 0x22, 0x33, 0xA3, 0xB4, 0xC5, 0xD6], from: 0, width: 4, to: &bytes)
    #expect(bytes == [0xAA, 0, 0xA3, 0xBB, 0x11, 0xB4, 0xCC, 0x22, 0xC5, 0xDD, 0x33, 0xD6])
    #expect(ByteStreamSplit.decode(Bytes(bytes), from: 0, width: 4)[4...7] == [0, 0x11, 0x22, 0x33])
  }

  /// Also by squares of eight, where the width allows it, and what they leave over.
  @Test(arguments: [1, 3, 4, 8, 16, 24])
  func streamsOfManyValues(width: Int) {
    var random = ParquetSample(seed: 5)
    for count in [0, 1, 7, 8, 9, 64, 131] {
      let plain = (0..<count * width).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      var bytes: [UInt8] = [9]
      ByteStreamSplit.append([1, 2] + plain, from: 2, width: width, to: &bytes)
      let streams = (0..<width).flatMap { place in (0..<count).map { plain[$0 * width + place] } }
      #expect(bytes == [9] + streams)
      #expect(ByteStreamSplit.decode(Bytes(bytes), from: 1, width: width) == plain)
    }
  }

  /// Streams of any length begin blocks of their own, and everybody's decompressor reads them.
  @Test(arguments: [CompressionEffort.symbols, .level(1), .level(7), .texts])
  func compressedStreams(effort: CompressionEffort) throws {
    var random = ParquetSample(seed: 6)
    let compressor = PageCompressor(.zstd)
    for (stream, count) in [(1, 5), (100, 16), (100_000, 3), (200_000, 2)] {
      let raw = (0..<stream * count).map { UInt8(random.below($0 / stream % 2 == 0 ? 4 : 256)) }
      for length in [nil, stream, stream * count] {
        let stored = compressor.compress(raw, effort, stream: length)
        #expect(try ParquetCodec.zstd.decompress(Bytes(stored), rawLength: raw.count).array == raw)
      }
    }
    let raw = (0..<600_000).map { UInt8(random.below($0 % 60_000 < 30_000 ? 4 : 256)) }
    #expect(
      compressor.compress(raw, effort, stream: 30_000).count < compressor.compress(raw, effort).count * 99 / 100)
  }

  @Test func snappy() throws {
    // Five letters as a literal, then a copy that overlaps what it writes.
    let packed: [UInt8] = [13, 4 << 2, 0x61, 0x62, 0x63, 0x64, 0x65, (8 - 4) << 2 | 1, 2]
    #expect(try ParquetCodec.snappy.decompress(Bytes(packed), rawLength: 13).array == Array("abcdedededede".utf8))
    for wrong in [[], [13], [13, 60 << 2], [5, 0, 0x61, 1, 9], [4, 0x0E, 0, 0]] as [[UInt8]] {
      #expect(throws: FormatError.self) { _ = try ParquetCodec.snappy.decompress(Bytes(wrong), rawLength: 13) }
    }
  }
}

extension ParquetCodec {
  static func checked(_ code: Int32) throws(FormatError) -> ParquetCodec { try ParquetCodec(code: code) }
}
