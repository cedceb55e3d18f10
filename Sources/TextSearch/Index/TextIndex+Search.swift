extension TextIndex {
  /// What ranking must know of this index. In a transaction.
  package func statistics(of query: SearchQuery) throws(SQLiteError) -> TextStatistics {
    let state = try state()
    var statistics = TextStatistics(leaves: query.leaves.count)
    statistics.rows = state.rows
    statistics.tokens = state.tokens
    let count = try prepare("SELECT count(*) FROM texts WHERE texts MATCH ?1")
    for (number, leaf) in query.leaves.enumerated() where query.isRanked[number] {
      try count.bind(Self.expression(leaf), at: 1)
      statistics.frequencies[number] = Int(try count.firstInteger() ?? 0)
    }
    return statistics
  }

  /// Gives every living unit that a query finds, of one user or of all, to `hits`, and says how many there are. In a
  /// transaction. Those for which `isHidden` holds are left out.
  package func search(
    _ query: SearchQuery, user: String?, _ ranking: Ranking, into hits: inout BestHits,
    isHidden: ((_ user: String, _ unit: String) -> Bool)? = nil
  ) throws(SQLiteError) -> Int {
    var order: [Int] = []
    var expression = Self.expression(query.root, query, &order)
    if let user {
      guard let number = try number(ofUser: user) else { return 0 }
      expression = "owner : \"\(Self.owner(number))\" AND (\(expression))"
    }
    // CROSS JOIN keeps the order: first what FTS5 finds, then its unit, which a replaced text has no more.
    let rows = try prepare(
      """
      SELECT growthring_counts(texts), u.size, u.version, u.unit, n.name
      FROM texts CROSS JOIN units u ON u.id = texts.rowid CROSS JOIN users n ON n.id = u.user
      WHERE texts MATCH ?1 AND u.deleted = 0
      """)
    try rows.bind(expression, at: 1)
    defer { rows.reset() }
    // FTS5 numbers phrases as they stand in the expression, and counts them in each of its three columns.
    let phrases = query.leaves.count + (user == nil ? 0 : 1)
    var placeOfLeaf = [Int](repeating: 0, count: query.leaves.count)
    for (place, leaf) in order.enumerated() { placeOfLeaf[leaf] = (place + (user == nil ? 0 : 1)) * 3 + 1 }
    var counts: [Int32] = []
    var leaves: [Int] = []
    var found = 0
    while try rows.step() {
      rows.numbers(0, into: &counts)
      guard counts.count == phrases * 3 else {
        throw SQLiteError(code: Self.missing, message: "FTS5 knows other phrases than those it was asked for")
      }
      func count(_ leaf: Int, _ field: SearchField) -> Int { Int(counts[placeOfLeaf[leaf] + field.rawValue]) }
      // FTS5 may count what stands in a part of the query that does not hold.
      let holds = query.holds(&leaves) { count($0, .title) + count($0, .content) > 0 }
      guard holds else {
        throw SQLiteError(code: Self.missing, message: "FTS5 found a text that the query does not find")
      }
      let score = ranking.score(leaves, size: Int(rows.integer(1)), count)
      let mayTake = hits.mayTake(score: score)
      // Names are made only of those that may be among the best, unless some are hidden.
      if mayTake || isHidden != nil {
        let (name, unit) = (rows.text(4), rows.text(3))
        if isHidden?(name, unit) == true { continue }
        if mayTake { hits.take(TextHit(user: name, unit: unit, version: rows.integer(2), score: score)) }
      }
      found += 1
    }
    return found
  }

  // MARK: Expressions of FTS5

  /// Tokens hold no quote. Every leaf names its columns, so that none of it is found in `owner`.
  static func expression(_ leaf: SearchQuery.Leaf) -> String {
    let columns = leaf.field?.name ?? "{title content}"
    let tokens = leaf.tokens.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    return "\(columns) : \"\(tokens)\"" + (leaf.isPrefix ? " *" : "")
  }

  /// - Parameter order: gets the leaves as they stand in the expression.
  private static func expression(_ node: SearchQuery.Node, _ query: SearchQuery, _ order: inout [Int]) -> String {
    func joined(_ nodes: [SearchQuery.Node], _ operation: String, _ order: inout [Int]) -> String {
      var parts: [String] = []
      for node in nodes { parts.append("(" + expression(node, query, &order) + ")") }
      return parts.joined(separator: " \(operation) ")
    }
    switch node {
    case .leaf(let leaf):
      order.append(leaf)
      return expression(query.leaves[leaf])
    case .any(let nodes): return joined(nodes, "OR", &order)
    case .all(let nodes, let others):
      if others.isEmpty { return joined(nodes, "AND", &order) }
      let wanted = joined(nodes, "AND", &order)
      return "(\(wanted)) NOT (\(joined(others, "OR", &order)))"
    }
  }
}
