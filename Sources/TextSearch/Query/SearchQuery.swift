/// What is searched for: words, phrases and prefixes, joined by AND, OR and NOT.
///
/// - `rust async`: both words, in title or content
/// - `"borrow checker"`: the words one after the other
/// - `compil*`: words that begin so
/// - `rust OR go`, `rust NOT go`, `rust -go`, `(rust OR go) async`
/// - `title:rust`, `content:("borrow checker" OR lifetime)`
///
/// The operators are in capitals. What is written together but falls into several tokens, such as `e-mail`, is a phrase.
package struct SearchQuery: Sendable, Hashable {
  /// One word, phrase or prefix.
  package struct Leaf: Sendable, Hashable {
    /// One after the other; never empty.
    package let tokens: [[UInt8]]
    /// Whether the last token may go on.
    package let isPrefix: Bool
    /// The only field in which it counts; nil for both.
    package let field: SearchField?
  }

  package indirect enum Node: Sendable, Hashable {
    case leaf(Int)
    case any([Node])
    /// All of the first, none of the others; the first are never empty.
    case all([Node], except: [Node])
  }

  package static let longestQuery = 65_536
  package static let mostLeaves = 256
  package static let deepest = 32

  package let leaves: [Leaf]
  package let root: Node
  /// Which leaves make a text rank higher: those that are not under NOT.
  package let isRanked: [Bool]

  /// - Throws: where there is nothing to search for, or quotes and parentheses are not in pairs.
  package init(_ text: String) throws(SearchQueryError) {
    var parser = QueryParser(text)
    root = try parser.parse()
    leaves = parser.leaves
    var ranked = [Bool](repeating: false, count: parser.leaves.count)
    Self.mark(root, &ranked)
    isRanked = ranked
  }

  private static func mark(_ node: Node, _ ranked: inout [Bool]) {
    switch node {
    case .leaf(let leaf): ranked[leaf] = true
    case .any(let nodes): for node in nodes { mark(node, &ranked) }
    case .all(let nodes, _): for node in nodes { mark(node, &ranked) }
    }
  }

  /// Whether the query holds of a text, given which of its leaves are found there. `leaves` gets those that count for its rank:
  /// the ones that are found, without those of parts that do not hold.
  package func holds(_ leaves: inout [Int], _ isFound: (Int) -> Bool) -> Bool {
    leaves.removeAll(keepingCapacity: true)
    return Self.holds(root, &leaves, isFound)
  }

  private static func holds(_ node: Node, _ leaves: inout [Int], _ isFound: (Int) -> Bool) -> Bool {
    let count = leaves.count
    var holds: Bool
    switch node {
    case .leaf(let leaf):
      holds = isFound(leaf)
      if holds { leaves.append(leaf) }
    case .any(let nodes):
      holds = false
      for node in nodes { holds = Self.holds(node, &leaves, isFound) || holds }
    case .all(let nodes, let others):
      holds = nodes.allSatisfy { Self.holds($0, &leaves, isFound) }
      let counting = leaves.count
      holds = holds && !others.contains { Self.holds($0, &leaves, isFound) }
      leaves.removeLast(leaves.count - (holds ? counting : count))
    }
    return holds
  }
}
