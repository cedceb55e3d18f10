extension TextIndex {
  /// What ranking must know of this index. In a transaction.
  package func statistics(of query: SearchQuery) throws(SQLiteError) -> TextStatistics {
    var statistics = try statistics(leaves: query.leaves.count)
    for (number, leaf) in query.leaves.enumerated() where query.isRanked[number] {
      try countTexts.bind(Self.expression(leaf), at: 1)
      statistics.frequencies[number] = Int(try countTexts.firstInteger() ?? 0)
    }
    return statistics
  }

  private func statistics(leaves: Int) throws(SQLiteError) -> TextStatistics {
    let state = try state()
    var statistics = TextStatistics(leaves: leaves)
    statistics.rows = state.rows
    statistics.tokens = state.tokens
    return statistics
  }

  /// Every living unit that a query finds, of one user or of all, and what ranking must know of this index; no units where they
  /// would take more than `most` bytes of memory. In a transaction. Those for which `isHidden` holds are left out.
  package func matches(
    of query: SearchQuery, user: String?, most: Int = TextMatches.usualBytes,
    isHidden: ((_ user: String, _ unit: String) -> Bool)? = nil
  ) throws(SQLiteError) -> (matches: TextMatches?, statistics: TextStatistics) {
    var matches = TextMatches(query)
    var users: [Int64: Int32] = [:]
    var texts = 0
    let isWhole = try forEachText(query, user: user) { (row, _, count) throws(SQLiteError) in
      texts += 1
      guard let row else { return true }
      let owner = row.integer(4)
      let number: Int32
      if let known = users[owner] {
        number = known
      } else {
        number = matches.add(user: try name(ofUser: owner))
        users[owner] = number
      }
      if isHidden?(matches.name(ofUser: number), row.text(3)) == true { return true }
      matches.add(
        of: number, version: row.integer(2), size: Int(row.integer(1)), unit: { row.append(3, to: &$0) }, count: count)
      return matches.bytes <= most
    }
    // A query of one leaf has found all texts in which that stands.
    if isWhole, user == nil, case .leaf(let leaf) = query.root {
      var statistics = try statistics(leaves: query.leaves.count)
      statistics.frequencies[leaf] = texts
      return (matches, statistics)
    }
    return (isWhole ? matches : nil, try statistics(of: query))
  }

  /// Gives every living unit that a query finds, of one user or of all, to `hits`, and says how many there are. In a
  /// transaction. Those for which `isHidden` holds are left out.
  package func search(
    _ query: SearchQuery, user: String?, _ ranking: Ranking, into hits: inout BestHits,
    isHidden: ((_ user: String, _ unit: String) -> Bool)? = nil
  ) throws(SQLiteError) -> Int {
    var found = 0
    _ = try forEachText(query, user: user) { (row, leaves, count) throws(SQLiteError) in
      guard let row else { return true }
      let score = ranking.score(leaves, size: Int(row.integer(1)), count)
      let mayTake = hits.mayTake(score: score)
      // Names are made only of those that may be among the best, unless some are hidden.
      if mayTake || isHidden != nil {
        let (name, unit) = (try self.name(ofUser: row.integer(4)), row.text(3))
        if isHidden?(name, unit) == true { return true }
        if mayTake { hits.take(TextHit(user: name, unit: unit, version: row.integer(2), score: score)) }
      }
      found += 1
      return true
    }
    return found
  }

  /// Calls `body` with every text that a query finds, of one user or of all, until it returns false; whether it never did. It gets
  /// the row of `findTexts`, nil for a dead text, the leaves that count for the rank, and how often a leaf stands in a field.
  private func forEachText(
    _ query: SearchQuery, user: String?,
    _ body: (_ row: SQLiteStatement?, _ leaves: [Int], _ count: (Int, SearchField) -> Int) throws(SQLiteError) -> Bool
  ) throws(SQLiteError) -> Bool {
    var order: [Int] = []
    var expression = Self.expression(query.root, query, &order)
    if let user {
      guard let number = try number(ofUser: user) else { return true }
      expression = "owner : \"\(Self.owner(number))\" AND (\(expression))"
    }
    let rows = findTexts
    try rows.bind(expression, at: 1)
    defer { rows.reset() }
    // FTS5 numbers phrases as they stand in the expression, and counts them in each of its three columns.
    let phrases = query.leaves.count + (user == nil ? 0 : 1)
    var placeOfLeaf = [Int](repeating: 0, count: query.leaves.count)
    for (place, leaf) in order.enumerated() { placeOfLeaf[leaf] = (place + (user == nil ? 0 : 1)) * 3 + 1 }
    var counts: [Int32] = []
    var check = QueryCheck(query)
    while try rows.step() {
      rows.numbers(0, into: &counts)
      guard counts.count == phrases * 3 else {
        throw SQLiteError(code: Self.missing, message: "FTS5 knows other phrases than those it was asked for")
      }
      func count(_ leaf: Int, _ field: SearchField) -> Int { Int(counts[placeOfLeaf[leaf] + field.rawValue]) }
      // FTS5 may count what stands in a part of the query that does not hold.
      let holds = check.holds { count($0, .title) + count($0, .content) > 0 }
      guard holds else {
        throw SQLiteError(code: Self.missing, message: "FTS5 found a text that the query does not find")
      }
      guard try body(rows.isNull(4) ? nil : rows, check.leaves, count) else { return false }
    }
    return true
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
