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
  private var rows: [Row] = []
  /// Of each row and leaf, how often it stands in the title and in the content.
  private var counts: [Int32] = []
  private var users: [String] = []
  /// The muids one behind the other.
  private var units: [UInt8] = []

  init(_ query: SearchQuery) { self.query = query }

  package var count: Int { rows.count }

  /// Bytes of memory, about.
  var bytes: Int {
    rows.count * (MemoryLayout<Row>.stride + 8 * query.leaves.count) + units.count + users.count * 64
  }

  /// Makes a user known; returns the number by which rows name it.
  mutating func add(user: String) -> Int32 {
    users.append(user)
    return Int32(users.count - 1)
  }

  /// - Parameter count: how often a leaf stands in a field.
  mutating func add(
    _ unit: [UInt8], of user: Int32, version: Int64, size: Int, _ count: (_ leaf: Int, _ field: SearchField) -> Int
  ) {
    units += unit
    rows.append(Row(version: version, size: size, user: user, end: Int32(units.count)))
    for leaf in query.leaves.indices {
      counts.append(Int32(clamping: count(leaf, .title)))
      counts.append(Int32(clamping: count(leaf, .content)))
    }
  }

  /// One that the index does not have in its newest version, and in which the query holds.
  package mutating func add(_ places: QueryOccurrences, unit: String, of user: String, version: Int64) {
    add(
      Array(unit.utf8), of: add(user: user), version: version, size: places.sizes[0] + places.sizes[1]
    ) { places.count($0, $1) }
  }

  /// Gives them to `hits`.
  package func rank(_ ranking: Ranking, into hits: inout BestHits) {
    var leaves: [Int] = []
    var start = 0
    for (number, row) in rows.enumerated() {
      let first = number * query.leaves.count * 2
      func count(_ leaf: Int, _ field: SearchField) -> Int { Int(counts[first + 2 * leaf + field.rawValue]) }
      _ = query.holds(&leaves) { count($0, .title) + count($0, .content) > 0 }
      let score = ranking.score(leaves, size: row.size, count)
      if hits.mayTake(score: score) {
        let unit = String(decoding: units[start..<Int(row.end)], as: UTF8.self)
        hits.take(TextHit(user: users[Int(row.user)], unit: unit, version: row.version, score: score))
      }
      start = Int(row.end)
    }
  }
}
