import Foundation
import Testing
import TextSearch

/// The index beside a naive search through all texts.
@Suite struct TextIndexTests {
  private static let words = [
    "alpha", "Beta", "gámma", "delta", "beta-max", "手机", "機", "กำลัง", "한국", "x", "ÉTÉ", "ete", "u1", "u2", "betamax",
  ]

  private struct Numbers {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }

  private static func text(_ numbers: inout Numbers, _ most: Int) -> String {
    (0..<numbers.below(most + 1)).map { _ in words[numbers.below(words.count)] }.joined(separator: " ")
  }

  private static let queries = [
    "alpha", "beta", "bet*", "\"beta max\"", "\"alpha beta\"", "手机", "手", "กำ", "국", "été", "ETE OR x",
    "alpha beta NOT delta",
    "-delta alpha", "title:alpha", "content:(alpha OR gamma) beta", "title:(bet* NOT x) content:delta", "u1", "u*",
    "\"delta alpha\"* OR (gamma x)", "\"x x\"", "alpha alpha", "(alpha OR -beta gamma) delta", "missing",
    "NOT_ALL gamma",
  ]

  private static let mark = TextMark(user: "u", unit: "1", version: -5, hash: .max)

  private struct Key: Hashable, Comparable {
    let user: String
    let unit: String
    static func < (a: Key, b: Key) -> Bool { (a.user, a.unit) < (b.user, b.unit) }
  }

  @Test(arguments: [Int.max, .max / 2, 3, 0, -1, .min]) func anyLimit(limit: Int) {
    var best = BestHits(limit: limit)
    for unit in ["a", "b", "c"] { best.take(TextHit(user: "u", unit: unit, version: 0, score: 1)) }
    #expect(best.best().count == (limit > 0 ? 3 : 0))
  }

  @Test func agreesWithNaiveSearch() throws {
    let index = try TextIndex(path: nil, store: "test")
    var numbers = Numbers(state: 42)
    var newest: [Key: TextDocument] = [:]
    var rows = 0
    var covered: UInt64 = 0
    for round in 0..<12 {
      try index.begin(writing: true)
      var writer = try index.writer()
      for _ in 0..<numbers.below(40) {
        let key = Key(user: "user \(numbers.below(3))", unit: "unit \(numbers.below(60))")
        let isDeleted = numbers.below(5) == 0
        let document = TextDocument(
          user: key.user, unit: key.unit, version: Int64(numbers.below(1000)), title: Self.text(&numbers, 3),
          content: isDeleted ? "" : Self.text(&numbers, 12), isDeleted: isDeleted)
        try writer.add(document)
        if numbers.below(4) == 0 { try writer.add(document) }
        if (newest[key]?.version ?? -1) < document.version {
          if !isDeleted { rows += 1 }
          newest[key] = document
        }
      }
      covered += UInt64(round)
      try writer.finish(covered: covered, mark: Self.mark)
      try index.commit()
      #expect(try index.state().covered == covered && index.state().rows == rows)

      let living = newest.filter { !$0.value.isDeleted }
      for text in Self.queries {
        let query = try SearchQuery(text)
        let matcher = QueryMatcher(query)
        for user in [nil, "user 1", "nobody"] {
          var expected: [Key: QueryOccurrences] = [:]
          for (key, document) in living where user == nil || key.user == user {
            let places = matcher.occurrences(title: document.title, content: document.content)
            if places.holds(query) { expected[key] = places }
          }
          try index.begin(writing: false)
          let ranking = Ranking(try index.statistics(of: query))
          var best = BestHits(limit: 1000)
          let count = try index.search(query, user: user, ranking, into: &best)
          try index.commit()
          let hits = best.best()
          // The same from what was kept.
          try index.begin(writing: false)
          let answer = try index.matches(of: query, user: user)
          try index.commit()
          let matches = try #require(answer.matches)
          var kept = BestHits(limit: 1000)
          matches.rank(Ranking(answer.statistics), into: &kept)
          #expect(matches.count == count && kept.best() == hits, "\(text) of \(user ?? "all")")
          #expect(count == expected.count && hits.count == count, "\(text) of \(user ?? "all")")
          for hit in hits {
            let places = try #require(expected[Key(user: hit.user, unit: hit.unit)], "\(text): \(hit)")
            var leaves: [Int] = []
            #expect(places.holds(query, &leaves))
            let score = ranking.score(leaves, size: places.sizes[0] + places.sizes[1]) { places.count($0, $1) }
            #expect(abs(score - hit.score) < 1e-12 && hit.score > 0, "\(text): \(hit)")
          }
          #expect(hits == hits.sorted(by: TextHit.isBefore))
          var few = BestHits(limit: 3)
          try index.begin(writing: false)
          _ = try index.search(query, user: user, ranking, into: &few)
          try index.commit()
          #expect(few.best() == Array(hits.prefix(3)))
        }
      }
      try index.begin(writing: false)
      var audit = try TextIndexAudit(index)
      for document in living.values { #expect(try audit.problem(of: document) == nil) }
      #expect(try audit.surplus() == 0)
      index.rollback()
    }
  }

  @Test func auditFindsWhatIsWrong() throws {
    let index = try TextIndex(path: nil, store: "test")
    let document = TextDocument(user: "a", unit: "1", version: 5, title: "one", content: "two three")
    try index.begin(writing: true)
    var writer = try index.writer()
    try writer.add(document)
    try writer.finish(covered: 1, mark: Self.mark)
    func problem(_ version: Int64, _ title: String, _ content: String, unit: String = "1") throws -> String? {
      var audit = try TextIndexAudit(index)
      return try audit.problem(
        of: TextDocument(user: "a", unit: unit, version: version, title: title, content: content))
    }
    #expect(try problem(5, "one", "two three") == nil)
    #expect(try problem(6, "one", "two three")?.contains("another version") == true)
    #expect(try problem(5, "one", "three two")?.contains("other words") == true)
    #expect(try problem(5, "two", "one three")?.contains("other words") == true)
    #expect(try problem(5, "one", "two three", unit: "2")?.contains("not in the index") == true)
    let audit = try TextIndexAudit(index)
    #expect(try audit.surplus() == 1)
    try index.commit()
  }

  @Test func survivesOnDisk() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("search-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("00.sqlite").path
    func add(_ unit: String, covering: UInt64, commit: Bool = true) throws {
      let index = try TextIndex(path: path, store: "mine")
      try index.begin(writing: true)
      var writer = try index.writer()
      try writer.add(TextDocument(user: "a", unit: unit, version: 1, title: "", content: "word"))
      try writer.finish(covered: covering, mark: Self.mark)
      if commit { try index.commit() }
    }
    func state(_ store: String = "mine") throws -> (covered: UInt64, rows: Int) {
      let state = try TextIndex(path: path, store: store).state()
      return (state.covered, state.rows)
    }
    try add("1", covering: 7)
    #expect(try state() == (7, 1))
    // Without a commit nothing of it is there.
    try add("2", covering: 8, commit: false)
    #expect(try state() == (7, 1))
    // Of another store: empty.
    #expect(try state("other") == (0, 0))
    #expect(try state("mine") == (0, 0))
    // Cut, or no database at all: damaged, until it is reset.
    for damage in [Data("no database, no database, no database".utf8), Data(count: 8192)] {
      try add("1", covering: 7)
      for name in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + name) }
      try damage.write(to: URL(fileURLWithPath: path))
      #expect(throws: SQLiteError.self) { try add("3", covering: 9) }
      try TextIndex.reset(path: path)
      try add("3", covering: 9)
      #expect(try state() == (9, 1))
    }
  }

  @Test func clearingEmpties() throws {
    let index = try TextIndex(path: nil, store: "test")
    for _ in 0..<2 {
      try index.begin(writing: true)
      try index.clear()
      var writer = try index.writer()
      for number in 0..<5 {
        try writer.add(TextDocument(user: "a", unit: "\(number)", version: 1, title: "word", content: "more"))
      }
      try writer.finish(covered: 3, mark: Self.mark)
      try index.commit()
      let query = try SearchQuery("word")
      let statistics = try index.statistics(of: query)
      #expect(statistics.rows == 5 && statistics.tokens == 10 && statistics.frequencies == [5])
    }
  }
}
