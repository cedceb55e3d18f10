/// Looks for a query in one text, without an index: for what the index does not cover yet, and for highlights.
package struct QueryMatcher: Sendable {
  package let query: SearchQuery
  private let terms: [Term]
  /// Of each leaf the terms of its tokens.
  private let termsOfLeaf: [[Int]]
  private let tokenizer = Tokenizer()

  private struct Term: Hashable {
    let token: [UInt8]
    let isPrefix: Bool

    func matches(_ other: [UInt8]) -> Bool {
      isPrefix ? other.starts(with: token) : other == token
    }
  }

  /// Where a token stands: its number in the field, and its bytes in the text.
  private struct Place {
    let position: Int
    let source: Range<Int>
  }

  package init(_ query: SearchQuery) {
    var terms: [Term] = []
    var numbers: [Term: Int] = [:]
    var termsOfLeaf: [[Int]] = []
    for leaf in query.leaves {
      var own: [Int] = []
      for (index, token) in leaf.tokens.enumerated() {
        let term = Term(token: token, isPrefix: leaf.isPrefix && index == leaf.tokens.count - 1)
        let number = numbers[term] ?? terms.count
        if number == terms.count {
          numbers[term] = number
          terms.append(term)
        }
        own.append(number)
      }
      termsOfLeaf.append(own)
    }
    self.query = query
    self.terms = terms
    self.termsOfLeaf = termsOfLeaf
  }

  /// Where the leaves of the query stand in a unit's title and content.
  package func occurrences(title: String, content: String) -> QueryOccurrences {
    var found = QueryOccurrences(leaves: query.leaves.count)
    for (field, text) in [(SearchField.title, title), (.content, content)] {
      var places = [[Place]](repeating: [], count: terms.count)
      var position = 0
      tokenizer.forEachToken(in: text) { token, source in
        for term in terms.indices where terms[term].matches(token) {
          places[term].append(Place(position: position, source: source))
        }
        position += 1
      }
      found.sizes[field.rawValue] = position
      for (leaf, terms) in termsOfLeaf.enumerated() {
        if let only = query.leaves[leaf].field, only != field { continue }
        found.places[leaf][field.rawValue] = Self.phrases(terms.map { places[$0] })
      }
    }
    return found
  }

  /// Where all terms stand one after the other.
  private static func phrases(_ terms: [[Place]]) -> [Range<Int>] {
    if terms.count == 1 { return terms[0].map(\.source) }
    var cursors = [Int](repeating: 0, count: terms.count)
    var found: [Range<Int>] = []
    search: for first in terms[0] {
      var end = first.source.upperBound
      for index in 1..<terms.count {
        let places = terms[index]
        var cursor = cursors[index]
        while cursor < places.count, places[cursor].position < first.position + index { cursor += 1 }
        cursors[index] = cursor
        guard cursor < places.count else { break search }
        guard places[cursor].position == first.position + index else { continue search }
        end = places[cursor].source.upperBound
      }
      found.append(first.source.lowerBound..<end)
    }
    return found
  }
}

/// Where the leaves of a query stand in a unit.
package struct QueryOccurrences: Sendable {
  /// Of each leaf and field, ascending, in bytes of the text.
  package fileprivate(set) var places: [[[Range<Int>]]]
  /// How many tokens the fields have.
  package fileprivate(set) var sizes = [0, 0]

  fileprivate init(leaves: Int) {
    places = Array(repeating: [[], []], count: leaves)
  }

  package func holds(_ query: SearchQuery) -> Bool {
    var leaves: [Int] = []
    return holds(query, &leaves)
  }

  /// The same; `leaves` gets those that count for the rank.
  package func holds(_ query: SearchQuery, _ leaves: inout [Int]) -> Bool {
    query.holds(&leaves) { leaf in !places[leaf][0].isEmpty || !places[leaf][1].isEmpty }
  }

  /// How often a leaf stands in a field.
  package func count(_ leaf: Int, _ field: SearchField) -> Int { places[leaf][field.rawValue].count }

  /// What to highlight in a field: everything that was asked for, with the leaf, ascending.
  package func highlights(_ field: SearchField, of query: SearchQuery) -> [(leaf: Int, source: Range<Int>)] {
    var all: [(leaf: Int, source: Range<Int>)] = []
    for leaf in places.indices where query.isRanked[leaf] {
      all += places[leaf][field.rawValue].map { (leaf, $0) }
    }
    return all.sorted { ($0.source.lowerBound, $0.source.upperBound) < ($1.source.lowerBound, $1.source.upperBound) }
  }
}
