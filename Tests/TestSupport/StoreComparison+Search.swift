import GrowthRing
import StoreEngine
import TextSearch

extension StoreComparison {
  /// For the texts of `UnitMaker`: words, a word folded, phrases, prefixes, both fields, and what is taken away.
  private static let queries = [
    "growth", "cafe", "\"slow and steady\"", "repeat*", "title:plan OR content:nul", "growth NOT repeated", "天気",
    "quoted",
    "is* -title:\"title quoted\"", "absent",
  ]

  /// What some searches find otherwise than a look into every unit, in words.
  static func searchProblems(
    _ indexes: SearchIndexes, _ engine: Engine, _ model: ModelStore, _ random: inout SimulationRandom
  ) throws -> [String] {
    var newest: [[[UInt8]]: ModelStore.StoredUnit] = [:]
    for (key, unit) in model.units {
      if let known = newest[[key.user, key.muid]], known.unit.updatedAt > key.updatedAt { continue }
      newest[[key.user, key.muid]] = unit
    }
    var problems: [String] = []
    for _ in 0..<2 {
      let text = random.pick(queries)
      let user = random.oneIn(3) ? random.pick(EventMaker.users) : nil
      let query = try SearchQuery(text)
      let matcher = QueryMatcher(query)
      let expected = newest.filter { key, stored in
        if let user, key[0] != Array(user.utf8) { return false }
        let unit = stored.unit
        return !unit.isDeleted && matcher.occurrences(title: unit.title, content: unit.content).holds(query)
      }
      let results = try indexes.search(query, SearchOptions(user: user, limit: 1_000), in: engine)
      let found = Dictionary(
        results.hits.map { ([Array($0.unit.user.utf8), Array($0.unit.muid.utf8)], $0.unit.updatedAt) },
        uniquingKeysWith: { first, _ in first })
      if found != expected.mapValues(\.unit.updatedAt) || results.matched != expected.count
        || results.hits.count != expected.count
      {
        problems.append(
          "\(text) of \(user ?? "all"): \(results.matched) and \(results.hits.map(\.unit)), not "
            + "\(expected.values.map(\.unit))")
      }
    }
    return problems
  }
}
