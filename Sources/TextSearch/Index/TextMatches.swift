/// What a query found in one index, with all that its rank depends on but the statistics of everything that is searched: so
/// that every index is asked once, and what it found is ranked when all have answered.
package struct TextMatches: Sendable {
  private struct Row {
    let version: Int64
    /// The tokens of title and content.
    let size: Int
    /// In `users`.
    let user: Int32
    /// Where its muid ends in `units`.
    let end: Int32
  }

  /// Bytes of memory, about, above which a query is rather asked again than kept.
  package static let usualBytes = 1 << 20

  private let query: SearchQuery
  private let leaves: Int
  private var rows: [Row] = []
  /// Of each row and leaf, how often it stands in the title and in the content.
  private var counts: [Int32] = []
  private var users: [String] = []
  /// The muids one behind the other.
  private var units: [UInt8] = []

  init(_ query: SearchQuery) {
    self.query = query
    leaves = query.leaves.count
  }

  package var count: Int { rows.count }

  /// Bytes of memory, about.
  var bytes: Int { rows.count * (MemoryLayout<Row>.stride + 8 * leaves) + units.count + users.count * 64 }

  /// Makes a user known; returns the number by which rows name it.
  mutating func add(user: String) -> Int32 {
    users.append(user)
    return Int32(users.count - 1)
  }

  func name(ofUser user: Int32) -> String { users[Int(user)] }

  /// - Parameter unit: appends its muid.
  /// - Parameter count: how often a leaf stands in a field.
  mutating func add(
    of user: Int32, version: Int64, size: Int, unit: (inout [UInt8]) -> Void,
    count: (_ leaf: Int, _ field: SearchField) -> Int
  ) {
    unit(&units)
    rows.append(Row(version: version, size: size, user: user, end: Int32(units.count)))
    for leaf in 0..<leaves {
      counts.append(Int32(clamping: count(leaf, .title)))
      counts.append(Int32(clamping: count(leaf, .content)))
    }
  }

  /// One that the index does not have in its newest version, and in which the query holds.
  package mutating func add(_ places: QueryOccurrences, unit: String, of user: String, version: Int64) {
    add(
      of: add(user: user), version: version, size: places.sizes[0] + places.sizes[1],
      unit: { $0 += Array(unit.utf8) }, count: { places.count($0, $1) })
  }

  /// Gives the best to `hits`.
  package func rank(_ ranking: Ranking, into hits: inout BestHits) {
    var check = QueryCheck(query)
    var scores: [Double] = []
    scores.reserveCapacity(rows.count)
    for (number, row) in rows.enumerated() {
      let first = number * leaves * 2
      func count(_ leaf: Int, _ field: SearchField) -> Int { Int(counts[first + 2 * leaf + field.rawValue]) }
      _ = check.holds { count($0, .title) + count($0, .content) > 0 }
      scores.append(ranking.score(check.leaves, size: row.size, count))
    }
    // What cannot be among the best by its score alone gets no names.
    let isCut = hits.limit > 0 && hits.limit < scores.count
    let least = isCut ? scores.sorted(by: >)[hits.limit - 1] : -.infinity
    for (number, row) in rows.enumerated() where scores[number] >= least && hits.mayTake(score: scores[number]) {
      let start = number == 0 ? 0 : Int(rows[number - 1].end)
      let unit = String(decoding: units[start..<Int(row.end)], as: UTF8.self)
      hits.take(TextHit(user: users[Int(row.user)], unit: unit, version: row.version, score: scores[number]))
    }
  }
}
