package import GrowthRing
import TextSearch

/// What the processes that fill stores with memory units and those that search them agree on.
package enum UnitStory {
  package static let users = (0..<4).map { "user-\($0)" }
  package static let largestBatch = 40

  private static let words = [
    "Growth", "slow", "steady", "café", "launch", "手机", "morning", "plan", "walked", "home", "again", "été", "review",
    "of",
    "the", "week", "and", "what", "came", "next",
  ]

  package static let queries = [
    "growth", "slow AND steady", "\"the week\"", "mor*", "cafe NOT launch", "机", "title:plan OR content:ete", "absent",
  ]

  /// The units of an append, the same whenever they are asked for: new ones, newer versions of earlier ones, and deletions.
  package static func batch(_ number: Int) -> [MemoryUnit] {
    var random = SimulationRandom(seed: UInt64(number), stream: 31)
    return (0..<largestBatch).map { row in
      let place = number * largestBatch + row
      let unit = number > 0 && random.oneIn(4) ? random.below(number * largestBatch) : place
      func text(_ most: Int) -> String {
        (0...random.below(most)).map { _ in random.pick(words) }.joined(separator: " ")
      }
      var made = MemoryUnit(
        muid: "unit-\(unit)", user: users[unit % users.count], sourceType: "note",
        createdAt: Timestamp(microseconds: 1_700_000_000_000_000),
        updatedAt: Timestamp(microseconds: 1_700_000_000_000_000 + Int64(place)))
      if unit != place, random.oneIn(3) {
        made.isDeleted = true
      } else {
        (made.title, made.content) = (text(4), text(40))
      }
      return made
    }
  }

  /// What of some batches is not in a store, and what searches find otherwise than a look into every unit, in words.
  package static func problems(_ store: GrowthStore, batches: Set<Int>) async throws -> [String] {
    var problems: [String] = []
    var stored: [String: MemoryUnit] = [:]
    for try await chunk in try await store.units() { for unit in chunk { stored[unit.muid] = unit } }
    var newest: [String: MemoryUnit] = [:]
    for batch in batches.sorted() { for unit in Self.batch(batch) { newest[unit.muid] = unit } }
    for (muid, unit) in newest where stored[muid].map({ $0.updatedAt < unit.updatedAt }) ?? !unit.isDeleted {
      // A later batch, of which nobody heard, may have deleted it.
      let last = try await store.unitHistory(muid, of: unit.user, content: false).first
      if (last?.updatedAt ?? .earliest) < unit.updatedAt {
        problems.append("\(unit.muid) of \(unit.updatedAt) is lost")
      }
    }
    for text in queries {
      let query = try SearchQuery(text)
      let matcher = QueryMatcher(query)
      let finds = stored.values.filter {
        matcher.occurrences(title: $0.title, content: $0.content).holds(query)
      }
      for user in [nil, users[1]] {
        let results = try await store.search(text, SearchOptions(user: user, limit: 1_000_000))
        let expected = Set(finds.filter { user == nil || $0.user == user }.map(\.muid))
        let found = Set(results.hits.map(\.unit.muid))
        if found != expected || results.matched != expected.count {
          problems.append(
            "\(text) of \(user ?? "all") finds \(results.matched) of \(expected.count); "
              + "missing \(expected.subtracting(found).prefix(3)), too many \(found.subtracting(expected).prefix(3))")
        }
      }
    }
    return problems
  }
}
