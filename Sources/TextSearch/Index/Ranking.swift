/// BM25 over title and content together, a place in the title counting as much as several in the content.
///
/// The statistics are those of all that is searched, so that scores of several partitions can be compared.
package struct Ranking: Sendable {
  package static let k1 = 1.2
  package static let b = 0.75
  package static let titleWeight = 2.0

  /// Of each leaf, how much it tells.
  private let weights: [Double]
  private let averageSize: Double

  package init(_ statistics: TextStatistics) {
    let rows = Double(max(1, statistics.rows))
    weights = statistics.frequencies.map { frequency in
      let frequency = min(rows, Double(frequency))
      return logarithm(1 + (rows - frequency + 0.5) / (frequency + 0.5))
    }
    averageSize = max(1, Double(statistics.tokens) / rows)
  }

  /// - Parameter leaves: those that count, see ``SearchQuery/holds(_:_:)``.
  /// - Parameter size: the tokens of title and content.
  /// - Parameter count: how often a leaf stands in a field.
  package func score(
    _ leaves: [Int], size: Int, _ count: (_ leaf: Int, _ field: SearchField) -> Int
  ) -> Double {
    var score = 0.0
    let norm = Self.k1 * (1 - Self.b + Self.b * Double(size) / averageSize)
    for leaf in leaves {
      let frequency = Self.titleWeight * Double(count(leaf, .title)) + Double(count(leaf, .content))
      score += weights[leaf] * frequency * (Self.k1 + 1) / (frequency + norm)
    }
    return score
  }
}

/// The natural logarithm of a positive number: by a series, since the standard library has none, and the same on every system.
private func logarithm(_ value: Double) -> Double {
  let z = (value.significand - 1) / (value.significand + 1)
  var (power, sum) = (z, 0.0)
  for divisor in stride(from: 1.0, through: 35, by: 2) {
    sum += power / divisor
    power *= z * z
  }
  return 2 * sum + Double(value.exponent) * 0.693_147_180_559_945_3
}
