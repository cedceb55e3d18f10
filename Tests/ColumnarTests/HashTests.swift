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
      let filter = try KeyFilter(Bytes(KeyFilter.build((0..<count).map(hash))))
      #expect((0..<count).allSatisfy { filter.mayContain(hash($0)) })
      let wrong = (count..<count + 20_000).count { filter.mayContain(hash($0)) }
      #expect(wrong < 600, "\(wrong) of 20,000 strangers at \(count) keys")
    }
    #expect(throws: FormatError.self) { try KeyFilter(Bytes([UInt8](repeating: 0, count: 33))) }
    #expect(throws: FormatError.self) { try KeyFilter(Bytes([])) }
  }

  /// The document's formula, with numbers worked out by hand.
  @Test func foldedProduct() {
    #expect(foldedMultiply(3, 5) == 15)
    #expect(foldedMultiply(1 << 63, 4) == 2)
    #expect(foldedMultiply(.max, .max) == (UInt64.max - 1) ^ 1)
  }
}
