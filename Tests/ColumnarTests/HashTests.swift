import Testing

@testable import Columnar

@Suite struct HashTests {
  /// Vectors of the reference implementation: bytes 0, 1, 2 … of a length, and a seed.
  @Test(
    arguments: [
      (0, 0, 0x2D06_8005_38D3_94C2), (1, 0, 0xC44B_DFF4_074E_ECDB),
    ] as [(Int, UInt64, UInt64)])
  func referenceVectors(length: Int, seed: UInt64, expected: UInt64) {
    #expect(XXH3.hash((0..<length).map { UInt8(truncatingIfNeeded: $0) }, seed: seed) == expected)
  }

  @Test func everyFormHashesAlike() {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for length in [0, 1, 3, 8, 16, 17, 100, 128, 129, 240, 241, 300] {
      let part = Array(bytes[..<length])
      #expect(XXH3.hash(part, seed: 5) == XXH3.hash(Bytes(part), seed: 5))
      #expect(XXH3.hash([1, 2] + part, 2, length, seed: 5) == XXH3.hash(part, seed: 5))
      #expect(XXH3.hash(part, seed: 6) != XXH3.hash(part, seed: 5))
    }
  }

  @Test func filterKnowsItsKeysAndFewOthers() throws {
    func hash(_ number: Int) -> UInt64 { keyHash(userHash: 0x1234, high: UInt64(number), low: UInt64(number) << 20) }
    for count in [1, 10, 5_000] {
      let filter = try BlockFilter(Bytes(BlockFilter.build((0..<count).map(hash))))
      #expect((0..<count).allSatisfy { filter.mayContain(hash($0)) })
      let wrong = (count..<count + 20_000).count { filter.mayContain(hash($0)) }
      #expect(wrong < 600, "\(wrong) of 20,000 strangers at \(count) keys")
    }
    #expect(throws: FormatError.self) { try KeyFilter(Bytes([UInt8](repeating: 0, count: 33)), .blocks) }
    #expect(throws: FormatError.self) { try KeyFilter(Bytes([]), .blocks) }
  }

  @Test(arguments: [1, 2, 3, 17, 1_000, 20_000, 70_000]) func fuseFilterKnowsItsKeysAndFewOthers(count: Int) throws {
    func hash(_ number: Int) -> UInt64 { keyHash(userHash: 0x1234, high: UInt64(number), low: UInt64(number) << 20) }
    let bytes = try #require(FuseFilter.build((0..<count).map(hash)))
    let filter = try KeyFilter(Bytes(bytes), .fuse)
    #expect((0..<count).allSatisfy { filter.mayContain(hash($0)) })
    let wrong = (count..<count + 20_000).count { filter.mayContain(hash($0)) }
    // 1 in 128 is 156.
    #expect(wrong < 250, "\(wrong) of 20,000 strangers at \(count) keys")
    if count >= 20_000 { #expect(bytes.count * 8 < count * 86 / 10, "\(bytes.count) bytes for \(count) keys") }
  }

  /// Where a stranger that is taken for known would cost a read of an archived file.
  @Test(arguments: [1, 2, 60, 5_000, 70_000]) func exactFilterKnowsItsKeysAndNoOthers(count: Int) throws {
    func hash(_ number: Int) -> UInt64 {
      keyHash(userHash: 0x1234_5678_9ABC_DEF0, high: UInt64(number), low: UInt64(number) << 20)
    }
    let (kind, bytes) = KeyFilter.buildExact((0..<count).map(hash))
    let filter = try KeyFilter(Bytes(bytes), kind)
    #expect((0..<count).allSatisfy { filter.mayContain(hash($0)) })
    #expect((count..<count + 100_000).count { filter.mayContain(hash($0)) } == 0)
    if count >= 5_000 { #expect(bytes.count * 8 < count * 39, "\(bytes.count) bytes for \(count) keys") }
  }

  /// The independent reader looks for the same keys in the same bytes, in Formats/reader/tests/test_reader.py.
  @Test func fuseFilterOfFiftyKeys() throws {
    let keys = (1...50).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
    let digits = Array("0123456789abcdef".utf8)
    let bytes = try #require(FuseFilter.build(keys))
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    #expect(String(decoding: text, as: UTF8.self) == Self.filterOfFiftyKeys)
  }

  private static let filterOfFiftyKeys =
    "02070000000000001600000000000000000000000000000040ce45868d766cc0530570a62ae60860208f010c0027600cd003267d4002"
    + "0000ccbb80112004780028b90900000803ba002600000000d2450080b6004001000000600500b26200805d01409e808b600b0000000000000000"

  @Test func fuseFilterOfEqualKeysIsNone() throws {
    #expect(FuseFilter.build([7, 7]) == nil)
    #expect(KeyFilter.build([7, 7]).kind == .blocks)
  }

  @Test func hostileFuseFilters() throws {
    let bytes = try #require(FuseFilter.build((0..<50).map { UInt64($0) << 40 }))
    for length in 0..<bytes.count {
      #expect(throws: FormatError.self) { try KeyFilter(Bytes(Array(bytes[..<length])), .fuse) }
    }
    for offset in 0..<16 {
      for value: UInt8 in [0, 1, 2, 18, 64, 255] {
        var forged = bytes
        forged[offset] = value
        guard let filter = try? KeyFilter(Bytes(forged), .fuse) else { continue }
        for key in 0..<100 { _ = filter.mayContain(UInt64(key) &* 0x9E37_79B9_7F4A_7C15) }
      }
    }
  }

  /// The document's formula, with numbers worked out by hand.
  @Test func foldedProduct() {
    #expect(foldedMultiply(3, 5) == 15)
    #expect(foldedMultiply(1 << 63, 4) == 2)
    #expect(foldedMultiply(.max, .max) == (UInt64.max - 1) ^ 1)
  }
}
