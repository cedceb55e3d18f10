import Testing

@testable import Columnar

@Suite struct PageTests {
  @Test func eventIDsOfVersion7CostTheirRandomBits() throws {
    let createdAt = (0..<4_096).map { Int64(1_704_067_200_000_000 + $0 * 1_234_567) }
    var high: [UInt64] = []
    var low: [UInt64] = []
    var state: UInt64 = 1
    for time in createdAt {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      high.append(UInt64(time / 1_000) << 16 | 0x7000 | state >> 52)
      low.append(1 << 63 | (state &* 0x9E37_79B9_7F4A_7C15) >> 2)
    }
    try roundTrip(high, low, createdAt, atMost: 4_096 * 74 / 8 + 100)
  }

  @Test(
    arguments: [
      ([0], [0], [0]), ([UInt64.max], [UInt64.max], [Int64.min]), ([0x0123_4567_89AB_5DEF, 1], [7, 8], [-1, -999]),
      ([0xFFFF_FFFF_FFFF_7FFF], [0xBFFF_FFFF_FFFF_FFFF], [0]), ([0x7000], [1 << 63], [-62_135_596_800_000_000]),
    ] as [([UInt64], [UInt64], [Int64])])
  func anyEventIDs(high: [UInt64], low: [UInt64], createdAt: [Int64]) throws {
    try roundTrip(high, low, createdAt, atMost: 200)
  }

  private func roundTrip(_ high: [UInt64], _ low: [UInt64], _ createdAt: [Int64], atMost: Int) throws {
    var writer = ByteWriter()
    EventIDPage.encode(high: high, low: low, createdAt: createdAt, 0..<high.count, into: &writer)
    #expect(writer.count <= atMost)
    var reader = ByteReader(Bytes(writer.bytes))
    var readHigh: [UInt64] = []
    var readLow: [UInt64] = []
    try EventIDPage.decode(&reader, createdAt: createdAt[...], high: &readHigh, low: &readLow)
    #expect(readHigh == high && readLow == low)
    try reader.expectEnd("page")
  }

  @Test func dictionariesKeepTheOrderOfAppearance() throws {
    var dictionary = ByteStringDictionary()
    let words = (0..<3_000).map { "\($0 % 700)-\(String(repeating: "x", count: $0 % 40))" } + ["", "ü", "a\u{0}b"]
    var codes: [String: UInt32] = [:]
    for word in words {
      let code = dictionary.intern(word)
      if let known = codes[word] { #expect(code == known) } else { #expect(Int(code) == codes.count) }
      codes[word] = code
    }
    #expect(dictionary.count == codes.count)
    for (word, code) in codes {
      #expect(dictionary.text(code) == word)
      #expect(dictionary.find(Array(word.utf8)) == code)
    }
    #expect(dictionary.find(Array("absent".utf8)) == nil)
    let sorted = codes.keys.sorted { compareBytes(Array($0.utf8), Array($1.utf8)) < 0 }
    #expect(dictionary.sortedCodes().map { dictionary.text($0) } == sorted)
    var writer = ByteWriter()
    DictionaryPage.encode(dictionary, 100..<dictionary.count, into: &writer)
    var reader = ByteReader(Bytes(writer.bytes))
    let strings = try DictionaryPage.decode(&reader, limit: 10_000)
    #expect(strings.count == dictionary.count - 100)
    #expect((0..<strings.count).allSatisfy { strings[$0].array == dictionary.bytes(UInt32($0 + 100)) })
    for length in 0..<200 {
      var cut = ByteReader(Bytes(Array(writer.bytes[..<length])))
      #expect(throws: FormatError.self) { try DictionaryPage.decode(&cut, limit: 10_000) }
    }
    var tooMany = ByteReader(Bytes(writer.bytes))
    #expect(throws: FormatError.self) { try DictionaryPage.decode(&tooMany, limit: strings.count - 1) }
  }

  @Test(arguments: Codec.allCases) func pagesAreFoundAndChecked(codec: Codec) throws {
    let raw = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 / 50) }
    var file: [UInt8] = [1, 2, 3]
    let page = PageReference(storing: raw, codec: codec, fileID: 77, base: 0, into: &file)
    file += [9, 9]
    #expect(try page.load(from: Bytes(file), fileID: 77).array == raw)
    #expect(codec == .none || page.storedLength < raw.count / 4)
    #expect(throws: FormatError.self, "of another file") { try page.load(from: Bytes(file), fileID: 78) }
    #expect(throws: FormatError.self, "at another place") { try page.load(from: Bytes([0] + file), fileID: 77) }
    #expect(throws: FormatError.self, "cut") { try page.load(from: Bytes(Array(file[..<20])), fileID: 77) }
    for offset in page.offset..<(page.offset + page.storedLength) where offset % 7 == 0 {
      var damaged = file
      damaged[offset] ^= 0x10
      #expect(throws: FormatError.self) { try page.load(from: Bytes(damaged), fileID: 77) }
    }
    var writer = ByteWriter()
    page.append(to: &writer)
    var reader = ByteReader(Bytes(writer.bytes))
    #expect(try PageReference(&reader) == page)
  }

  @Test func compressedBytesMustBeWhole() throws {
    let raw = [UInt8](repeating: 65, count: 5_000)
    for codec in [Codec.lz4, .zstd] {
      let packed = try #require(codec.compress(raw))
      for wrong in [0, 4_999, 5_001] {
        #expect(throws: FormatError.self) { try codec.decompress(Bytes(packed), rawLength: wrong) }
      }
      #expect(throws: FormatError.self) { try codec.decompress(Bytes(Array(packed.dropLast())), rawLength: 5_000) }
      #expect(throws: FormatError.self) { try codec.decompress(Bytes(packed), rawLength: Codec.largestRawLength + 1) }
    }
  }
}
