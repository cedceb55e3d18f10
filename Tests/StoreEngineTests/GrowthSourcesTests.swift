import Columnar
import StoreEngine
import Testing

/// What reads know of their sources, as sources come and go.
@Suite struct GrowthSourcesTests {
  private func key(_ user: String, _ entity: String, _ type: String, _ dimension: String) -> RollupKey {
    RollupKey(
      rollup: .entityGrowth, group: Identifier.encode(user), item: Identifier.encode(entity), a: type, b: dimension)
  }

  private func fact(_ score: Int) -> RollupFact {
    RollupFact(measures: Aggregate(score: Int128(score), count: 1, first: 5, last: 5))
  }

  /// Events of one user and entity, one for each dimension.
  private func memtable(_ user: String, _ entity: String, _ type: String, _ deltas: [String: Int64]) -> RollupSnapshot {
    var batch = EventBatch()
    for (dimension, delta) in deltas.sorted(by: { $0.key < $1.key }) {
      batch.appendRow(
        idHigh: 0, idLow: UInt64(batch.count), user: batch.users.intern(Identifier.encode(user)),
        entity: batch.entities.intern(Identifier.encode(entity)), entityType: batch.entityTypes.intern(type),
        dimension: batch.dimensions.intern(dimension), delta: delta, source: 0, scope: batch.scopes.intern(""),
        createdAt: 5, metadata: 0)
    }
    var rollups = MemtableRollups()
    rollups.apply(batch, rows: 0..<batch.count)
    return RollupSnapshot(rollups, batch: batch)
  }

  private func scores(
    _ sources: GrowthSources, _ memtables: [RollupSnapshot], _ user: String, _ entity: String
  ) throws -> [String: Int128] {
    let (group, item) = (KeySpan(Identifier.encode(user)), KeySpan(Identifier.encode(entity)))
    var rows = GrowthRows()
    sources.begin(&rows, user: group, entity: item)
    for (place, memtable) in memtables.enumerated() {
      memtable.addGrowth(user: group, entity: item, sources.memtables[place], to: &rows)
    }
    try sources.finish(&rows, user: group, entity: item)
    return Dictionary(
      uniqueKeysWithValues: (0..<rows.count).map {
        (rows.entityType(at: $0) + "/" + rows.dimension(at: $0), rows.measures(at: $0).score)
      })
  }

  @Test func besideOtherMemtables() throws {
    let run = try RollupFixtures.open(
      RollupFixtures.run([key("u", "e", "type", "a"): fact(5), key("u", "f", "other", "b"): fact(6)]))
    let alone = try GrowthSources(runs: [run], memtables: [memtable("u", "e", "type", [:]).texts])
    // Codes of these memtables are in other orders than the texts.
    let frozen = memtable("u", "e", "other", ["b": 10, "a": 20])
    let active = memtable("u", "e", "type", ["a": 300])
    let both = try #require(alone.beside([frozen.texts, active.texts]))
    #expect(try scores(both, [frozen, active], "u", "e") == ["type/a": 305, "other/a": 20, "other/b": 10])
    #expect(try scores(both, [frozen, active], "u", "f") == ["other/b": 6])
    // A text that none of the sources had before has no number.
    for stranger in [memtable("u", "e", "type", ["c": 1]), memtable("u", "e", "third", ["a": 1])] {
      #expect(both.beside([frozen.texts, stranger.texts]) == nil)
    }
  }

  /// More pairs than one chunk of slots holds, and more than one block.
  private func largeFacts() -> RollupFacts {
    var facts: RollupFacts = [:]
    for number in 0..<4_000 { facts[key("user\(number % 40)", "entity\(number)", "t", "d")] = fact(number) }
    return facts
  }

  @Test func damageIsLeftForTheReadThatMeetsIt() throws {
    var bytes = try RollupFixtures.run(largeFacts())
    bytes[FileHeader.length + 200] ^= 0x10
    let damaged = try RollupFixtures.open(bytes)
    let known = try GrowthSources(runs: [], memtables: [])
    known.checkAhead([damaged])
    let sources = try GrowthSources(runs: [damaged], memtables: [], previous: known)
    var failures = 0
    for number in 0..<4_000 {
      do throws(StoreError) {
        var rows = GrowthRows()
        let (user, entity) = (
          KeySpan(Identifier.encode("user\(number % 40)")), KeySpan(Identifier.encode("entity\(number)"))
        )
        sources.begin(&rows, user: user, entity: entity)
        try sources.finish(&rows, user: user, entity: entity)
        #expect(rows.count == 1 && rows.measures(at: 0).score == Int128(number))
      } catch {
        #expect(error.kind == .corruption && error.file == "test.run" && error.offset != nil)
        failures += 1
      }
    }
    // One block of several.
    #expect(failures > 0 && failures < 4_000)
  }

  /// Whoever comes first checks a chunk of slots and a block; all others find the same.
  @Test func manyReadersOfAFreshRun() async throws {
    let bytes = try RollupFixtures.run(largeFacts())
    for round in 0..<40 {
      let run = try RollupFixtures.open(bytes)
      let sources = try GrowthSources(runs: [run], memtables: [])
      if round % 4 == 0 { try GrowthSources(runs: [], memtables: []).checkAhead([run]) }
      try await withThrowingTaskGroup(of: Int.self) { group in
        for reader in 0..<4 {
          group.addTask {
            var rows = GrowthRows()
            var wrong = 0
            for step in 0..<4_000 {
              let number = (step &* 7 &+ reader) % 4_000
              let (user, entity) = (
                KeySpan(Identifier.encode("user\(number % 40)")), KeySpan(Identifier.encode("entity\(number)"))
              )
              sources.begin(&rows, user: user, entity: entity)
              try sources.finish(&rows, user: user, entity: entity)
              if rows.count != 1 || rows.measures(at: 0).score != Int128(number) { wrong += 1 }
            }
            return wrong
          }
        }
        for try await wrong in group { #expect(wrong == 0) }
      }
    }
  }
}
