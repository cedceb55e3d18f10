/// BM25 over title and content together, a place in the title counting as much as several in the content.
///
/// The statistics are those of all that is searched, so that scores of several partitions can be compared.
package struct Ranking: Sendable {
  package static let k1 = 1.2
  package static let b = 0.75
  package static let titleWeight = 2.0

  /// Of each leaf, how much it tells; zero for those under NOT.
  private let weights: [Double]
  private let averageSize: Double

  package init(_ query: SearchQuery, _ statistics: TextStatistics) {
    let rows = Double(max(1, statistics.rows))
    weights = zip(query.isRanked, statistics.frequencies).map { isRanked, frequency in
      let frequency = min(rows, Double(frequency))
      return isRanked ? logarithm(1 + (rows - frequency + 0.5) / (frequency + 0.5)) : 0
    }
    averageSize = max(1, Double(statistics.tokens) / rows)
  }

  /// - Parameter count: how often a leaf stands in a field.
  /// - Parameter size: the tokens of title and content.
  package func score(size: Int, _ count: (_ leaf: Int, _ field: SearchField) -> Int) -> Double {
    var score = 0.0
    let norm = Self.k1 * (1 - Self.b + Self.b * Double(size) / averageSize)
    for (leaf, weight) in weights.enumerated() where weight > 0 {
      let frequency = Self.titleWeight * Double(count(leaf, .title)) + Double(count(leaf, .content))
      score += weight * frequency * (Self.k1 + 1) / (frequency + norm)
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
