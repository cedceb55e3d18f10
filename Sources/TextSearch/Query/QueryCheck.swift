/// Looks whether a query holds of many texts, one after the other.
///
/// Most queries want some leaves at once; then this looks at a list of its own, and not at the tree, since threads that count
/// references to the same tree hold each other up.
struct QueryCheck {
  private let query: SearchQuery
  private let wanted: [Int]?
  /// Those that count for the rank of the last text.
  private(set) var leaves: [Int]

  init(_ query: SearchQuery) {
    self.query = query
    wanted = Self.wanted(query.root)
    leaves = wanted ?? []
  }

  private static func wanted(_ root: SearchQuery.Node) -> [Int]? {
    switch root {
    case .leaf(let leaf): return [leaf]
    case .all(let nodes, except: let others) where others.isEmpty:
      var leaves: [Int] = []
      for node in nodes {
        guard case .leaf(let leaf) = node else { return nil }
        leaves.append(leaf)
      }
      return leaves
    default: return nil
    }
  }

  mutating func holds(_ isFound: (Int) -> Bool) -> Bool {
    if let wanted { return wanted.allSatisfy(isFound) }
    return query.holds(&leaves, isFound)
  }
}
