import Foundation
import StorageIO
import Testing
import TextSearch

@testable import GrowthRing

/// The search index beside a store that forgets, is put back, and is shared: what is found is what a naive search finds.
@Suite struct PartitionIndexTests {
  /// Versions of units in memory, with the commits that brought them.
  private struct Units: UnitSource {
    var versions: [(unit: MemoryUnit, sequence: UInt64)] = []
    var durableSequence: UInt64 = 0
    var lastSequence: UInt64 = 0
    var partitionCount: Int { 1 }
    /// The versions that expired.
    var expired: Set<String> = []

    func expiredUnits(partition: Int) -> Int { expired.count }

    func hasExpired(_ muid: String, of user: String, updatedAt: Int64, partition: Int) throws(StoreError) -> Bool {
      expired.contains("\(muid) of \(user) at \(updatedAt)")
    }

    private static func name(_ unit: MemoryUnit) -> String {
      "\(unit.muid) of \(unit.user) at \(unit.updatedAt.microseconds)"
    }

    /// What is durable of a unit goes: all of it where `wholly`, if all of it is durable, or what was replaced.
    mutating func expire(_ muid: String, wholly: Bool) {
      let all = versions.filter { $0.unit.muid == muid }.sorted { $0.unit.updatedAt > $1.unit.updatedAt }
      if wholly, all.contains(where: { $0.sequence > durableSequence }) { return }
      let gone = all.dropFirst(wholly ? 0 : 1).filter { $0.sequence <= durableSequence }.map { Self.name($0.unit) }
      expired.formUnion(gone)
      versions.removeAll { gone.contains(Self.name($0.unit)) }
    }

    func partition(ofUser user: String) -> Int { 0 }

    mutating func commit(_ unit: MemoryUnit, isDurable: Bool) {
      lastSequence += 1
      if isDurable { durableSequence = lastSequence }
      let isKnown = versions.contains { $0.unit.muid == unit.muid && $0.unit.updatedAt == unit.updatedAt }
      if !isKnown, !expired.contains(Self.name(unit)) {
        versions.append((unit, lastSequence))
      }
    }

    mutating func lose(after sequence: UInt64) {
      versions.removeAll { $0.sequence > sequence }
      lastSequence = sequence
      durableSequence = min(durableSequence, sequence)
    }

    func forEachUnitVersion(
      partition: Int, after sequence: UInt64, content: Bool,
      _ body: (MemoryUnit, UInt64) throws(StoreError) -> Bool
    ) throws(StoreError) {
      for version in versions.reversed() where version.sequence > sequence {
        if try !body(version.unit, version.sequence) { return }
      }
    }

    private var newest: [String: MemoryUnit] {
      Dictionary(versions.map { ($0.unit.muid, $0.unit) }) { $0.updatedAt > $1.updatedAt ? $0 : $1 }
    }

    func unit(_ muid: String, of user: String, content: Bool) throws(StoreError) -> MemoryUnit? {
      guard let unit = newest[muid], !unit.isDeleted, unit.user == user else { return nil }
      return unit
    }

    func unitVersion(
      _ muid: String, of user: String, at updatedAt: Timestamp
    ) throws(StoreError) -> (unit: MemoryUnit, sequence: UInt64)? {
      versions.first { $0.unit.muid == muid && $0.unit.user == user && $0.unit.updatedAt == updatedAt }
    }

    func forEachUnit(
      partition: Int, of user: String?, content: Bool, _ body: (MemoryUnit) throws(StoreError) -> Bool
    ) throws(StoreError) {
      for unit in newest.values where !unit.isDeleted && (user == nil || unit.user == user) {
        if try !body(unit) { return }
      }
    }

    func forEachUnit(
      partition: Int, of user: String?, containing pattern: BytePattern,
      _ body: (MemoryUnit) throws(StoreError) -> Bool
    ) throws(StoreError) {
      try forEachUnit(partition: partition, of: user, content: true) { (unit) throws(StoreError) in
        try pattern.isIn(unit.title) || pattern.isIn(unit.content) ? body(unit) : true
      }
    }

    func found(_ query: SearchQuery, of user: String?) -> Set<String> {
      let matcher = QueryMatcher(query)
      return Set(
        newest.values.filter {
          $0.isSearched && (user == nil || $0.user == user)
            && matcher.occurrences(title: $0.title, content: $0.content).holds(query)
        }.map(\.muid))
    }
  }

  private struct Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("index-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    var file: URL { url.appendingPathComponent("search/00.sqlite") }

    func indexes() -> SearchIndexes {
      SearchIndexes(
        StoreIdentity(partitions: 1, hashSeed: 1, createdAt: Timestamp(microseconds: 0)),
        layout: StoreLayout(root: url.path), disk: POSIXDisk())
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
  }

  private static let words = ["alpha", "beta", "gamma", "delta", "手机", "été", "x"]
  private static let queries = [
    "alpha", "beta OR x", "\"gamma delta\"", "bet* NOT alpha", "机", "ete", "title:x", "absent",
  ]

  private func unit(_ random: inout SeededGenerator, _ time: Int) -> MemoryUnit {
    func text(_ most: Int) -> String {
      (0..<random.next() % UInt64(most)).map { _ in Self.words[Int(random.next() % 7)] }.joined(separator: " ")
    }
    let number = random.next() % 12
    let isDeleted = random.next() % 5 == 0
    // Also versions that come late.
    let late = random.next() % 4 == 0 ? Int(random.next() % 20) : 0
    var unit = MemoryUnit(
      muid: "unit \(number)", user: "user \(number % 3)", sourceType: number == 11 ? "growthring.profile" : "note",
      createdAt: Timestamp(microseconds: Int64(time - late)))
    if isDeleted { unit.isDeleted = true } else { (unit.title, unit.content) = (text(4), text(10)) }
    return unit
  }

  private func check(_ indexes: SearchIndexes, _ units: Units, _ context: String) throws {
    for text in Self.queries {
      let query = try SearchQuery(text)
      for user in [nil, "user 1"] {
        let results = try indexes.search(query, SearchOptions(user: user, limit: 100), in: units) { units }
        let expected = units.found(query, of: user)
        #expect(Set(results.hits.map(\.unit.muid)) == expected, "\(text) \(user ?? "") \(context)")
        #expect(results.matched == expected.count && results.hits.count == expected.count, "\(text) \(context)")
      }
    }
  }

  private func verify(_ indexes: SearchIndexes, _ units: Units) throws -> SearchVerifyReport {
    try indexes.verify(in: units) { units }
  }

  private func build(_ indexes: SearchIndexes, _ units: Units, anew: Bool) throws -> Int {
    try indexes.build(anew: anew, from: units) { units }
  }

  @Test(arguments: 1...6) func isInStepWhateverHappens(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let folder = try Folder()
    defer { folder.remove() }
    var units = Units()
    // Two processes with the same store, of which one keeps little of what it finds.
    func opened() -> [SearchIndexes] {
      var indexes = [folder.indexes(), folder.indexes()]
      indexes[1].matchBytes = 100
      return indexes
    }
    var indexes = opened()
    var stale: Data?
    for step in 0..<150 {
      let kind = random.next() % 24
      switch kind {
      case 20...: units.expire("unit \(random.next() % 12)", wholly: kind < 23)
      case 0..<12: units.commit(unit(&random, step * 10), isDurable: random.next() % 3 > 0)
      case 12: units.durableSequence = units.lastSequence
      case 13: units.lose(after: units.durableSequence)
      case 14:
        // The store is put back to an earlier state.
        units.lose(after: units.durableSequence / 2)
        try check(indexes[0], units, "put back at \(step)")
      default:
        // The processes end, and something happens to the file.
        indexes = []
        switch kind {
        case 15: try? FileManager.default.removeItem(at: folder.file)
        case 16: try Data("garbage, garbage, garbage".utf8).write(to: folder.file)
        case 17:
          if let file = try? FileHandle(forWritingTo: folder.file) {
            try file.truncate(atOffset: 10_000)
            try file.close()
          }
        case 18: stale = try? Data(contentsOf: folder.file)
        case 20:
          // The store is put back, and has gone further than it was before anybody searches.
          let before = units.lastSequence
          units.lose(after: units.durableSequence / 2)
          while units.lastSequence <= before + 3 {
            units.commit(unit(&random, step * 10 + Int(units.lastSequence)), isDurable: true)
          }
        default: if let stale, units.durableSequence > 20 { try stale.write(to: folder.file) }
        }
        indexes = opened()
      }
      if random.next() % 8 == 0 {
        let now = units
        _ = try indexes[Int(random.next() % 2)].update(from: { now }, tidiesAll: true, while: { true })
      }
      try check(indexes[Int(random.next() % 2)], units, "seed \(seed), step \(step), after \(kind)")
      if step % 25 == 0 {
        let report = try verify(indexes[0], units)
        #expect(report.problems == [], "seed \(seed), step \(step)")
      }
    }
    units.commit(unit(&random, 2_000), isDurable: true)
    units.commit(unit(&random, 2_001), isDurable: true)
    _ = try verify(indexes[0], units)
    let count = try build(indexes[1], units, anew: true)
    #expect(try build(indexes[0], units, anew: false) == count)
    try check(indexes[0], units, "made anew")
  }

  /// A process with an older view of the store than the index takes a newer one, and does not take the index for wrong.
  @Test func waitsForTheStoreOfOthers() throws {
    var random = SeededGenerator(seed: 9)
    let folder = try Folder()
    defer { folder.remove() }
    var units = Units()
    for step in 0..<20 { units.commit(unit(&random, step * 10), isDurable: true) }
    let old = units
    for step in 20..<40 { units.commit(unit(&random, step * 10), isDurable: true) }
    try check(folder.indexes(), units, "new")
    let before = try Data(contentsOf: folder.file)
    let query = try SearchQuery("alpha OR beta OR x")
    let newer = units
    let results = try folder.indexes().search(query, SearchOptions(limit: 100), in: old) { newer }
    #expect(Set(results.hits.map(\.unit.muid)) == units.found(query, of: nil))
    #expect(try Data(contentsOf: folder.file) == before)
  }

  /// A store that was put back and then took in other units under the numbers that it had given before.
  @Test(arguments: [0, 1, 5]) func knowsItsStoreAgain(further: Int) throws {
    let folder = try Folder()
    defer { folder.remove() }
    func note(_ muid: String, _ text: String) -> MemoryUnit {
      MemoryUnit(muid: muid, user: "a", sourceType: "note", content: text, createdAt: Timestamp(microseconds: 5))
    }
    var units = Units()
    for number in 0..<4 { units.commit(note("\(number)", "alpha"), isDurable: true) }
    try check(folder.indexes(), units, "before")
    let before = try Data(contentsOf: folder.file)
    // The same store is known again.
    try check(folder.indexes(), units, "again")
    #expect(try Data(contentsOf: folder.file) == before)
    units.lose(after: 2)
    // The last one of before is there again under its number, but says something else.
    for number in 2..<4 + further { units.commit(note("\(number)", "beta"), isDurable: true) }
    #expect(Int(units.lastSequence) == 4 + further)
    try check(folder.indexes(), units, "put back")
    #expect(try verify(folder.indexes(), units).problems == [])
  }

  /// What has expired is not found, also where the index of before comes back, and what came late instead is.
  @Test func forgetsWhatHasExpired() throws {
    let folder = try Folder()
    defer { folder.remove() }
    var units = Units()
    func note(_ muid: String, _ time: Int64, _ text: String) -> MemoryUnit {
      MemoryUnit(muid: muid, user: "a", sourceType: "note", content: text, createdAt: Timestamp(microseconds: time))
    }
    for number in 0..<30 { units.commit(note("\(number)", 50, "alpha"), isDurable: true) }
    try check(folder.indexes(), units, "whole")
    let stale = try Data(contentsOf: folder.file)
    for number in 0..<20 { units.expire("\(number)", wholly: true) }
    units.commit(note("3", 40, "alpha beta"), isDurable: true)
    units.commit(note("4", 40, "alpha beta"), isDurable: false)
    try check(folder.indexes(), units, "less")
    #expect(try verify(folder.indexes(), units).problems == [])
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("search"))
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("search"), withIntermediateDirectories: true)
    try stale.write(to: folder.file)
    try check(folder.indexes(), units, "less, with the index of before")
    #expect(try verify(folder.indexes(), units).problems == [])
    // Passed over beside a newer version before the index knew that this had expired.
    var other = units
    other.commit(note("25", 40, "alpha beta"), isDurable: true)
    try check(folder.indexes(), other, "late")
    other.expired.insert("25 of a at 50")
    other.versions.removeAll { $0.unit.muid == "25" && $0.unit.updatedAt.microseconds == 50 }
    try check(folder.indexes(), other, "late, and alone")
    #expect(try verify(folder.indexes(), other).problems == [])
  }

  /// Where no file can be, the index is in memory.
  @Test func worksWithoutAFile() throws {
    let folder = try Folder()
    defer { folder.remove() }
    try Data().write(to: folder.url.appendingPathComponent("search"))
    var random = SeededGenerator(seed: 3)
    var units = Units()
    let indexes = folder.indexes()
    for step in 0..<30 {
      units.commit(unit(&random, step * 10), isDurable: true)
      try check(indexes, units, "step \(step)")
    }
  }

  /// What was written for the index of units that do not say so any more is found by `verify`, and made good.
  @Test func verifyFindsAWrongIndex() throws {
    let folder = try Folder()
    defer { folder.remove() }
    var units = Units()
    func note(_ text: String) -> MemoryUnit {
      MemoryUnit(muid: "1", user: "a", sourceType: "note", content: text, createdAt: Timestamp(microseconds: 5))
    }
    units.commit(note("alpha"), isDurable: true)
    let indexes = folder.indexes()
    try check(indexes, units, "right")
    units.versions[0].unit = note("beta")
    #expect(try verify(indexes, units).problems.first?.contains("other words") == true)
    // A search that meets it makes the index anew.
    let wrong = units
    let results = try indexes.search(try SearchQuery("alpha"), SearchOptions(), in: units) { wrong }
    #expect(results.hits.isEmpty && results.matched == 0)
    try check(indexes, units, "made anew")
    #expect(try verify(indexes, units).problems == [])
  }

  @Test func filtersLookBehindTheBest() throws {
    let folder = try Folder()
    defer { folder.remove() }
    var units = Units()
    for number in 0..<200 {
      var unit = MemoryUnit(
        muid: "\(number)", user: "a", sourceType: "note", content: String(repeating: "word ", count: 1 + number % 9),
        createdAt: Timestamp(microseconds: Int64(number)), metadata: number % 50 == 0 ? "{\"k\":1}" : "")
      unit.status = number % 10 == 0 ? "done" : "active"
      units.commit(unit, isDurable: true)
    }
    let source = units
    var options = SearchOptions(limit: 3)
    options.metadata = try MetadataPredicate("metadata.k = 1")
    options.statuses = ["done"]
    options.from = Timestamp(microseconds: 50)
    let results = try folder.indexes().search(try SearchQuery("word"), options, in: units) { source }
    #expect(Set(results.hits.map(\.unit.muid)) == ["50", "100", "150"])
    #expect(results.matched == 200)
    options.to = Timestamp(microseconds: 150)
    let scanned = try folder.indexes().scan("word word", options, in: units)
    #expect(scanned.hits.map(\.unit.muid) == ["100", "50"])
  }

  @Test func bytePatternFindsWhatIsThere() {
    let texts = ["", "a", "aaaa", "abcabcabd", "手机手", "x\u{0}y"]
    for text in texts {
      for pattern in ["a", "aa", "abcabd", "手", "机手", "\u{0}y", "zz", "abcabcabdx"] {
        #expect(BytePattern(pattern).isIn(text) == (Data(text.utf8).range(of: Data(pattern.utf8)) != nil))
      }
    }
    #expect(BytePattern("aa").places(in: "aaaaa") == [0..<2, 2..<4])
  }
}
