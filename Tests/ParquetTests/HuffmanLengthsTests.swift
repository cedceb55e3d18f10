import Testing

@testable import Parquet

/// Lengths of codes by frequency.
struct HuffmanLengthsTests {
  /// The example of the textbook "Introduction to Algorithms", section 16.3.
  @Test func textbook() {
    #expect(HuffmanLengths.of([45, 13, 12, 16, 9, 5]) == [1, 3, 3, 3, 4, 4])
  }

  @Test func few() {
    #expect(HuffmanLengths.of([]) == [])
    #expect(HuffmanLengths.of([0, 0]) == [0, 0])
    #expect(HuffmanLengths.of([0, 7, 0]) == [0, 1, 0])
    #expect(HuffmanLengths.of([3, 0, 3]) == [1, 0, 1])
  }

  /// The least that a code without a longest length takes: the sum of what the two lightest weigh, again and again.
  private func least(_ counts: [UInt64]) -> UInt64 {
    var weights = counts.filter { $0 > 0 }
    var sum: UInt64 = 0
    while weights.count > 1 {
      weights.sort()
      let both = weights[0] + weights[1]
      weights = [both] + weights[2...]
      sum += both
    }
    return sum
  }

  @Test(arguments: [2, 3, 17, 100, 256])
  func even(count: Int) {
    var random = ParquetSample(seed: 41)
    let counts = (0..<count).map { _ in UInt64(100 + random.below(1_000)) }
    let lengths = HuffmanLengths.of(counts)
    #expect(zip(counts, lengths).reduce(0) { $0 + $1.0 * UInt64($1.1) } == least(counts))
  }

  /// Where rare symbols would get longer codes than there are, the lengths still fit a code, and take little more.
  @Test func rare() {
    var random = ParquetSample(seed: 42)
    let counts = (0..<256).map { $0 < 20 ? UInt64(50_000 + random.below(50_000)) : UInt64(random.below(300)) }
    let lengths = HuffmanLengths.of(counts)
    #expect(lengths.allSatisfy { $0 <= HuffmanLengths.longest })
    let room = lengths.filter { $0 > 0 }.reduce(0) { $0 + 1 << (HuffmanLengths.longest - $1) }
    #expect(room <= 1 << HuffmanLengths.longest)
    let bits = zip(counts, lengths).reduce(0) { $0 + $1.0 * UInt64($1.1) }
    #expect(bits <= least(counts) * 103 / 100)
  }
}
