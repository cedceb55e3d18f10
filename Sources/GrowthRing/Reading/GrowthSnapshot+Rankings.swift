import Columnar
public import StoreEngine

extension GrowthSnapshot {
  /// The users that grew most, by score; ties by id.
  ///
  /// - Parameter dimension: counts only this dimension.
  /// - Parameter since: counts only from this UTC day (since 1970) on.
  public func topUsers(
    limit: Int, dimension: String? = nil, since: Int32? = nil
  ) throws(StoreError) -> [RankedGrowth] {
    var best = Ranking(limit: limit)
    let only = dimension.map { Array($0.utf8) }
    for view in views {
      let cursor = try view.rollups.cursor(since == nil ? .userGrowth : .dailyGrowth)
      while !cursor.isAtEnd {
        let group = cursor.group.array
        var total = Aggregate.empty
        repeat {
          let isWanted =
            (since.map { cursor.day >= $0 } ?? true) && (only.map { Array(cursor.textOfA.utf8) == $0 } ?? true)
          if isWanted { total.merge(cursor.leaf.measures) }
          try cursor.advance()
        } while !cursor.isAtEnd && (cursor.isSameItem || cursor.group.array == group)
        if !total.isEmpty { best.offer(group, total) }
      }
    }
    return try best.rows()
  }

  /// The entities that grew most, over all users, by score; ties by id.
  ///
  /// The entities of a user are only known together with its partition, so sums are gathered over all partitions; to keep
  /// memory bounded at any number of entities, the entities are divided by hash and gathered in as many passes as needed.
  public func topEntities(
    limit: Int, dimension: String? = nil, entityType: String? = nil
  ) throws(StoreError) -> [RankedGrowth] {
    var best = Ranking(limit: limit)
    let (dimension, entityType) = (dimension.map { ExactText($0) }, entityType.map { ExactText($0) })
    let passes = max(1, (aggregateCount + Self.entitiesPerPass - 1) / Self.entitiesPerPass)
    for pass in 0..<passes {
      var entities = ByteStringDictionary()
      var totals: [Aggregate] = []
      for view in views {
        let cursor = try view.rollups.cursor(.entityGrowth)
        var code: Int?
        while !cursor.isAtEnd {
          if !cursor.isSameItem {
            let item = cursor.item.array
            code = XXH3.hash(item) % UInt64(passes) == UInt64(pass) ? Int(entities.intern(item)) : nil
            if let code, code == totals.count { totals.append(.empty) }
          }
          if let code, dimension.map({ $0 == ExactText(cursor.textOfB) }) ?? true,
            entityType.map({ $0 == ExactText(cursor.textOfA) }) ?? true
          {
            totals[code].merge(cursor.leaf.measures)
          }
          try cursor.advance()
        }
      }
      for (code, total) in totals.enumerated() where !total.isEmpty { best.offer(entities.bytes(UInt32(code)), total) }
    }
    return try best.rows()
  }

  /// About 100 bytes each.
  private static let entitiesPerPass = 1 << 20

  /// An upper bound of the number of aggregates of `entity_growth`.
  private var aggregateCount: Int {
    views.reduce(0) { sum, view in
      sum + view.files.manifest.runs.reduce(0) { $0 + $1.entries }
        + view.memtables.reduce(0) { $0 + $1.events.count }
    }
  }
}

/// Keeps the best of many.
private struct Ranking {
  private let limit: Int
  private var candidates: [(key: [UInt8], total: Aggregate)] = []

  init(limit: Int) { self.limit = max(0, limit) }

  mutating func offer(_ key: [UInt8], _ total: Aggregate) {
    candidates.append((key, total))
    if (candidates.count - 1_024) / 2 > limit { trim() }
  }

  private mutating func trim() {
    candidates.sort { a, b in
      a.total.score != b.total.score ? a.total.score > b.total.score : compareBytes(a.key, b.key) < 0
    }
    if candidates.count > limit { candidates.removeLast(candidates.count - limit) }
  }

  mutating func rows() throws(StoreError) -> [RankedGrowth] {
    trim()
    var rows: [RankedGrowth] = []
    for (key, total) in candidates {
      guard let text = Identifier.decode(key) else { throw StoreError(.corruption, "a run holds a key that is no id") }
      rows.append(RankedGrowth(key: text, total))
    }
    return rows
  }
}
