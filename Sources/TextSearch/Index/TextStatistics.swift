/// What ranking must know of all texts.
package struct TextStatistics: Sendable, Hashable {
  /// Texts in the index, those that were replaced since included until it is built anew.
  package var rows = 0
  /// Their tokens.
  package var tokens = 0
  /// In how many of them each leaf of the query stands.
  package var frequencies: [Int]

  package init(leaves: Int) { frequencies = Array(repeating: 0, count: leaves) }

  package mutating func add(_ other: TextStatistics) {
    rows += other.rows
    tokens += other.tokens
    for leaf in frequencies.indices { frequencies[leaf] += other.frequencies[leaf] }
  }
}
