import Columnar

extension GrowthRows {
  /// Rows of one entity with their texts, where a dimension is given only of that.
  package func growth(user: String, entity: String, dimension: String?) -> [Growth] {
    var result: [Growth] = []
    result.reserveCapacity(count)
    for row in rows {
      let text = texts[Int(row.order & 0xFFFF_FFFF)]
      if let dimension, !text.utf8.elementsEqual(dimension.utf8) { continue }
      result.append(
        Growth(user: user, entity: entity, entityType: texts[Int(row.order >> 32)], dimension: text, row.measures))
    }
    return result
  }

  /// Rows of a user with their texts, in an order, at most `limit`, behind a row of an earlier page.
  package func growth(user: String, order: GrowthOrder, limit: Int?, after: Growth?) throws(StoreError) -> [Growth] {
    if order == .key, limit == nil, after == nil { return try growth(user: user) }
    return try growth(user: user, indices: indices(order, limit: limit, after: after))
  }

  /// The indices of the first rows in an order, at most `limit`, behind a row of an earlier page.
  ///
  /// Complexity: O(rows) for a few out of many, else O(rows · log rows).
  package func indices(_ order: GrowthOrder, limit: Int?, after: Growth? = nil) -> [Int] {
    let limit = max(0, limit ?? .max)
    let firstBehind = after.map { place(behind: $0) } ?? 0
    guard order != .key else { return Array((firstBehind..<rows.count).prefix(limit)) }
    let bound = after.map { order.value($0.aggregate) }
    guard limit > 0 else { return [] }
    // The best so far, sorted where only few are wanted.
    let isFew = limit <= Self.fewRows
    var best: [Candidate] = []
    best.reserveCapacity(isFew ? limit : rows.count)
    for index in rows.indices {
      let candidate = Candidate(value: order.value(rows[index].measures), index: index)
      if let bound, candidate.value > bound || (candidate.value == bound && index < firstBehind) { continue }
      if isFew {
        if best.count == limit {
          guard candidate.precedes(best[limit - 1]) else { continue }
          best.removeLast()
        }
        var place = best.count
        best.append(candidate)
        while place > 0, candidate.precedes(best[place - 1]) {
          best[place] = best[place - 1]
          place -= 1
        }
        best[place] = candidate
      } else {
        best.append(candidate)
      }
    }
    if !isFew {
      best.sort { $0.precedes($1) }
      if best.count > limit { best.removeLast(best.count - limit) }
    }
    return best.map(\.index)
  }

  /// Up to here rows are put in their place one by one.
  private static let fewRows = 64

  private struct Candidate {
    var value: Int128
    var index: Int

    /// Equal ones by key, which is the order of the rows.
    @inline(__always)
    func precedes(_ other: Candidate) -> Bool { value != other.value ? value > other.value : index < other.index }
  }

  /// The index of the first row whose key is behind that of `growth`.
  private func place(behind growth: Growth) -> Int {
    let entity = Identifier.encode(growth.entity)
    let type = Array(growth.entityType.utf8)
    let dimension = Array(growth.dimension.utf8)
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      var order = compareBytes(Array(key(Int(rows[middle].item))), entity)
      if order == 0 { order = compareBytes(Array(entityType(at: middle).utf8), type) }
      if order == 0 { order = compareBytes(Array(self.dimension(at: middle).utf8), dimension) }
      if order <= 0 { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension GrowthOrder {
  /// What comes first where it is larger; the same for all in the order of keys.
  @inline(__always)
  func value(_ measures: Aggregate) -> Int128 {
    switch self {
    case .key: 0
    case .score: measures.score
    case .count: Int128(measures.count)
    case .recency: Int128(measures.last)
    }
  }
}
