/// How many bits Zstandard spends on each byte of a block, from how often it comes.
enum HuffmanLengths {
  /// The longest code of a literal.
  ///
  /// Source: RFC 8878, section 4.2.1.
  static let longest = 11

  /// The length for each symbol, 0 for those that do not come. Rare symbols count as if they came often enough for the
  /// longest code, which makes nearly the best lengths that there are with a longest one.
  ///
  /// Source: van Leeuwen, "On the construction of Huffman trees" (1976): of leaves in ascending order, and of inner nodes in the
  /// order in which they come to be, the lightest is always in front.
  static func of(_ counts: [UInt64]) -> [Int] {
    let order = counts.indices.filter { counts[$0] > 0 }.sorted { (counts[$0], $0) < (counts[$1], $1) }
    var lengths = [Int](repeating: 0, count: counts.count)
    guard order.count > 1 else {
      for symbol in order { lengths[symbol] = 1 }
      return lengths
    }
    let least = counts.reduce(0, +) >> UInt64(longest)
    // The parent of each node, leaves and then inner nodes, which come to be in ascending order.
    var parents = [Int](repeating: 0, count: 2 * order.count - 1)
    var weights = order.map { max(least, counts[$0]) }
    var (leaf, inner) = (0, order.count)
    func lightest() -> Int {
      let isLeaf = leaf < order.count && (inner >= weights.count || weights[leaf] <= weights[inner])
      defer { if isLeaf { leaf += 1 } else { inner += 1 } }
      return isLeaf ? leaf : inner
    }
    while weights.count < parents.count {
      let (first, second) = (lightest(), lightest())
      parents[first] = weights.count
      parents[second] = weights.count
      weights.append(weights[first] + weights[second])
    }
    var depths = [Int](repeating: 0, count: parents.count)
    for node in (0..<parents.count - 1).reversed() { depths[node] = depths[parents[node]] + 1 }
    for (node, symbol) in order.enumerated() { lengths[symbol] = min(longest, depths[node]) }
    return lengths
  }
}
