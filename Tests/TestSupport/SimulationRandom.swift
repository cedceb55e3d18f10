import StorageIO

/// Random decisions of a test, all from one seed.
package struct SimulationRandom: Sendable {
  private var generator: SeededGenerator

  package init(seed: UInt64, stream: UInt64 = 0) { generator = SeededGenerator(seed: seed, stream: stream) }

  package mutating func next() -> UInt64 { generator.next() }

  /// A number from 0 up to but without `bound`.
  package mutating func below(_ bound: Int) -> Int { generator.below(bound) }

  package mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

  /// True once in `bound` times on average.
  package mutating func oneIn(_ bound: Int) -> Bool { generator.below(bound) == 0 }

  package mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }
}
