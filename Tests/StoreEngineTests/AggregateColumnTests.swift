import Testing

@testable import StoreEngine

/// Sums of deltas of any size, compared with sums in 128 bits.
@Suite struct AggregateColumnTests {
  @Test(arguments: [1, 1 << 40, 1 << 50, 1 << 51, 1 << 61, Int64.max])
  func sumsAreExact(largest: Int64) {
    var state: UInt64 = 1
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 11
    }
    var column = AggregateColumn()
    var expected: [Aggregate] = []
    for round in 0..<40 {
      // Groups come by and by, some of them with sums, and some of these beyond 64 bits.
      let size = 5 * (round + 1)
      column.grow(to: size)
      expected += [Aggregate](repeating: .empty, count: max(0, size - expected.count))
      let one = Aggregate(score: Int128(largest) * Int128(round - 3), count: 2, first: Int64(round), last: 70)
      column.append(one)
      expected.append(one)
      column.merge(one, into: round % size)
      expected[round % size].merge(one)
      let rows = round == 9 ? 0 : 300
      let groups = (0..<rows).map { _ in UInt32(next() % UInt64(expected.count)) }
      let createdAt = (0..<rows).map { _ in Int64(next() % 1_000) - 500 }
      let delta = (0..<rows).map { row in
        row % 50 == 0 ? (largest == .max ? .min : -largest) : (row % 3 == 0 ? largest : largest / 2 - 1)
      }
      column.add(groups, delta: delta, createdAt: createdAt)
      for row in 0..<rows {
        expected[Int(groups[row])].merge(Aggregate(delta: delta[row], createdAt: createdAt[row]))
      }
      #expect(column.count == expected.count)
      for index in expected.indices { #expect(column[index] == expected[index]) }
    }
  }
}
