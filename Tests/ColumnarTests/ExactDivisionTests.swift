import Testing

@testable import Columnar

@Suite struct ExactDivisionTests {
  private static let divisors: [UInt64] = [
    1, 2, 3, 7, 8, 10, 1_000, 1_000_000, 999_999_937, 1 << 20, 3 << 61, 1 << 63, .max - 1, .max,
  ]

  @Test(arguments: divisors) func dividesLikeTheMachine(divisor: UInt64) {
    let division = ExactDivision(by: divisor)
    var state: UInt64 = divisor
    var numbers: [UInt64] = [0, 1, divisor - 1, divisor, divisor &+ 1, .max, .max / divisor * divisor]
    for _ in 0..<500 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      numbers.append(state)
      numbers.append(state / divisor * divisor)
      numbers.append(state >> 40)
    }
    for number in numbers {
      #expect(division.divides(number) == (number % divisor == 0))
      if number % divisor == 0 { #expect(division.quotient(number) == number / divisor) }
    }
  }

  /// Pages whose values have a common divisor go through it when they are made and when they are packed.
  @Test(arguments: [Int64(2), 1_000, 1_000_000, 77]) func scalesOfPages(step: Int64) throws {
    let values = (0..<4_096).map { (index: Int64) -> Int64 in Int64.min / 2 + index * 2_654_435_761 % 997 * step }
    #expect(IntegerPage.commonDivisor(values, 0..<values.count, base: values.min() ?? 0) == UInt64(step))
    var writer = ByteWriter()
    IntegerPage.encode(values, findScale: true, extended: true, into: &writer)
    var reader = ByteReader(Bytes(writer.bytes))
    #expect(try IntegerPage.decode(&reader, count: values.count) == values)
    #expect(writer.count < 4_096 * 11 / 8 + 64)
  }
}
