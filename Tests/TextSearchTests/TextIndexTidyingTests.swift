import Foundation
import Testing

@testable import TextSearch

/// An index that is merged and whose log is cut off: the same is found, and nobody waits for anybody.
@Suite struct TextIndexTidyingTests {
  private struct Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("tidying-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    var path: String { url.appendingPathComponent("00.sqlite").path }

    var logBytes: Int {
      ((try? FileManager.default.attributesOfItem(atPath: path + "-wal"))?[.size] as? NSNumber)?.intValue ?? 0
    }

    func index() throws -> TextIndex { try TextIndex(path: path, store: "mine") }

    func remove() { try? FileManager.default.removeItem(at: url) }
  }

  private func add(_ numbers: Range<Int>, to index: TextIndex) throws {
    try index.begin(writing: true)
    var writer = try index.writer()
    for number in numbers {
      try writer.add(
        TextDocument(
          user: "user \(number % 3)", unit: "unit \(number % 150)", version: Int64(number), title: "number \(number)",
          content: (0..<40).map { "w\(number * $0 % 97)" }.joined(separator: " ")))
    }
    try writer.finish(
      covered: UInt64(numbers.upperBound), mark: TextMark(user: "u", unit: "1", version: 1, hash: 1))
    try index.commit()
  }

  /// In how many pieces FTS5 has its lists.
  private func segments(_ index: TextIndex) throws -> Int {
    Int(try index.prepare("SELECT count(DISTINCT segid) FROM texts_idx").firstInteger() ?? 0)
  }

  private func found(_ index: TextIndex) throws -> [[TextHit]] {
    try ["w3", "\"w0 w5\"", "w1* NOT w2", "number OR w96", "title:number"].map { text in
      let query = try SearchQuery(text)
      try index.begin(writing: false)
      defer { index.rollback() }
      let (matches, statistics) = try index.matches(of: query, user: nil)
      var best = BestHits(limit: 500)
      try #require(matches).rank(Ranking(statistics), into: &best)
      return best.best()
    }
  }

  private func merge(_ index: TextIndex) throws {
    var steps = 0
    while try index.mergeStep() {
      steps += 1
      try #require(steps < 1000)
    }
  }

  @Test func findsTheSameInFewerPieces() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let index = try folder.index()
    for round in 0..<60 { try add(round * 5..<round * 5 + 5, to: index) }
    let (before, pieces) = (try found(index), try segments(index))
    #expect(before.allSatisfy { !$0.isEmpty } && pieces > 6 && folder.logBytes > 0)
    try merge(index)
    // Of 60 pieces of one size, merged two by two, there is none twice.
    #expect(try segments(index) < min(pieces, 7))
    #expect(try found(index) == before)
    try index.checkpoint()
    #expect(folder.logBytes == 0)
    #expect(try found(index) == before && found(folder.index()) == before)
    // Nothing is left to be done, and nothing is written for that.
    #expect(try !index.mergeStep())
    #expect(folder.logBytes == 0)
  }

  @Test func waitsForNobody() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let (index, other) = (try folder.index(), try folder.index())
    for round in 0..<40 { try add(round * 5..<round * 5 + 5, to: index) }
    // One who reads keeps the log, and what he sees.
    try other.begin(writing: false)
    let before = try other.state()
    try merge(index)
    try add(200..<210, to: index)
    #expect(throws: SQLiteError.self) { try index.checkpoint() }
    #expect(folder.logBytes > 0)
    #expect(try other.state() == before)
    try other.commit()
    try index.checkpoint()
    #expect(folder.logBytes == 0)
    #expect(try other.state().covered == 210)
    // One who writes is left alone.
    for round in 42..<80 { try add(round * 5..<round * 5 + 5, to: index) }
    try other.begin(writing: true)
    #expect(throws: SQLiteError.self) { try index.mergeStep() }
    #expect(throws: SQLiteError.self) { try index.checkpoint() }
    other.rollback()
    try merge(index)
    try index.checkpoint()
    #expect(folder.logBytes == 0)
  }

  /// Nor does who makes an index anew wait for those who have it open, whose log is empty.
  @Test func isMadeAnewBesideOthers() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let index = try folder.index()
    try add(0..<50, to: index)
    try index.checkpoint()
    #expect(folder.logBytes == 0)
    let database = try SQLiteDatabase(path: folder.path, waitMilliseconds: 0)
    try database.reset()
    let anew = try folder.index()
    #expect(try anew.wasMade && anew.state().rows == 0)
    try add(0..<20, to: anew)
    #expect(try folder.index().state().rows == 20)
  }

  @Test func indexesOfEarlierReleasesGetItsSettings() throws {
    let folder = try Folder()
    defer { folder.remove() }
    do {
      let index = try folder.index()
      try add(0..<5, to: index)
      for (name, _) in TextIndex.settings {
        try index.execute("DELETE FROM texts_config WHERE k = '\(name)'")
      }
    }
    let index = try folder.index()
    for round in 1..<10 { try add(round * 5..<round * 5 + 5, to: index) }
    for (name, value) in TextIndex.settings {
      #expect(try index.prepare("SELECT v FROM texts_config WHERE k = '\(name)'").firstInteger() == value)
    }
    try merge(index)
    #expect(try segments(index) < 5)
    #expect(try found(index).allSatisfy { !$0.isEmpty })
  }

  /// What is too much to be kept is not, and is counted all the same.
  @Test func keepsWhatItHasRoomFor() throws {
    let index = try TextIndex(path: nil, store: "test")
    try add(0..<200, to: index)
    for (text, user) in [("number", nil), ("w3 OR number", nil), ("number", "user 1")] as [(String, String?)] {
      let query = try SearchQuery(text)
      let whole = try index.matches(of: query, user: user)
      let none = try index.matches(of: query, user: user, most: 0)
      #expect(none.matches == nil && whole.matches?.count == (user == nil ? 150 : 50))
      let statistics = try index.statistics(of: query)
      #expect(none.statistics == statistics && whole.statistics == statistics)
      // Dead texts count.
      #expect(statistics.frequencies.last == 200)
    }
  }
}
