import Columnar

extension RollupQuery {
  /// The growth of one entity of a user, by entity type and dimension.
  package func growth(user: String, entity: String) throws(StoreError) -> [Growth] {
    let (group, item) = (KeySpan(Identifier.encode(user)), KeySpan(Identifier.encode(entity)))
    let sources = try GrowthSources(runs: runs, memtables: memtables.map(\.texts))
    var rows = GrowthRows()
    sources.begin(&rows, user: group, entity: item)
    for (place, memtable) in memtables.enumerated() {
      memtable.addGrowth(user: group, entity: item, sources.memtables[place], to: &rows)
    }
    try sources.finish(&rows, user: group, entity: item)
    return try rows.growth(user: user)
  }

  /// The growth of one key.
  package func growth(
    user: String, entity: String, entityType: String, dimension: String
  ) throws(StoreError) -> Growth? {
    let found = try aggregate(
      user: Identifier.encode(user), entity: Identifier.encode(entity), entityType: Array(entityType.utf8),
      dimension: Array(dimension.utf8))
    return found.map {
      Growth(user: user, entity: entity, entityType: entityType, dimension: dimension, $0)
    }
  }

  /// The growth of all entities of a user.
  package func growth(user: String) throws(StoreError) -> [Growth] {
    let group = KeySpan(Identifier.encode(user))
    let sources = try GrowthSources(runs: runs, memtables: memtables.map(\.texts))
    var rows = GrowthRows()
    sources.begin(&rows)
    for (place, memtable) in memtables.enumerated() {
      memtable.addGrowth(user: group, sources.memtables[place], to: &rows)
    }
    try sources.finish(&rows, user: group)
    return try rows.growth(user: user)
  }

  /// The growth of a user in every dimension, over all entities.
  package func userGrowth(user: String) throws(StoreError) -> [UserGrowth] {
    var results: [UserGrowth] = []
    try forEach(.userGrowth, group: Identifier.encode(user)) { entry throws(StoreError) in
      results.append(UserGrowth(user: user, dimension: entry.textOfA, entry.measures))
    }
    return results
  }

  /// The growth of a user by dimension and day, for a range of UTC days since 1970.
  package func dailyGrowth(
    user: String, days: ClosedRange<Int32> = .min ... .max, dimension: String? = nil
  ) throws(StoreError) -> [DailyGrowth] {
    var results: [DailyGrowth] = []
    let filter = Filter(a: dimension.map { Array($0.utf8) }, days: days)
    try forEach(.dailyGrowth, group: Identifier.encode(user), where: filter) { entry throws(StoreError) in
      results.append(
        DailyGrowth(user: user, dimension: entry.textOfA, day: entry.day, entry.measures))
    }
    return results
  }

  /// The growth within a scope, its descendants included, by dimension and day: this partition's part of it.
  package func scopeGrowth(
    scope: String, days: ClosedRange<Int32> = .min ... .max, dimension: String? = nil
  ) throws(StoreError) -> [ScopeGrowth] {
    var results: [ScopeGrowth] = []
    let filter = Filter(a: dimension.map { Array($0.utf8) }, days: days)
    try forEach(.scopeGrowth, group: Array(scope.utf8), where: filter) { entry throws(StoreError) in
      results.append(
        ScopeGrowth(scope: scope, dimension: entry.textOfA, day: entry.day, entry.measures))
    }
    return results
  }

  /// The growth of a scope and, one by one, of all scopes below it; of all scopes where `scope` is empty.
  package func scopeGrowth(under scope: String) throws(StoreError) -> [ScopeGrowth] {
    var results: [ScopeGrowth] = []
    let prefix = KeySpan(Array(scope.utf8))
    let merged = try cursor(.scopeGrowth, fromGroup: Array(scope.utf8))
    var text = ""
    while !merged.isAtEnd, merged.group.hasPrefix(prefix) {
      if !merged.isSameItem { text = String(decoding: merged.group.array, as: UTF8.self) }
      // `a/bc` begins with `a/b` and yet is not below it.
      let isBelow =
        prefix.length == 0 || merged.group.length == prefix.length
        || merged.group.bytes[merged.group.start + prefix.length] == UInt8(ascii: "/")
      if isBelow {
        results.append(
          ScopeGrowth(scope: text, dimension: merged.textOfA, day: merged.day, merged.leaf.measures))
      }
      try merged.advance()
    }
    return results
  }
}

extension MergedRollup {
  /// The text of `a` of the current entry.
  package var textOfA: String { vocabulary.texts.text(leaf.a) }

  /// The text of `b` of the current entry, in entity_growth.
  package var textOfB: String { vocabulary.texts.text(leaf.b) }

  /// The UTC day of the current entry, in rollups by day.
  package var day: Int32 { Rollup.day(ofCode: leaf.b) }

  /// The user of the current entry, where the group is one.
  package func idOfGroup() throws(StoreError) -> String { try Self.id(group, "user") }

  /// The entity of the current entry, in entity_growth.
  package func idOfItem() throws(StoreError) -> String { try Self.id(item, "entity") }

  private static func id(_ key: KeySpan, _ what: String) throws(StoreError) -> String {
    guard let text = Identifier.decode(key.array) else {
      throw StoreError(.corruption, "a run holds a key that is no \(what) id")
    }
    return text
  }
}
