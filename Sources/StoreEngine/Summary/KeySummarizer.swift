import Columnar

/// Sums up the events of segments by user and entity, or by entity type and dimension too, without looking groups up.
///
/// Segments are sorted by just these, so each of them is gone through run by run, and all are merged: the groups of a pair
/// of user and entity come together, and never again.
struct KeySummarizer {
  private static let key: [SummaryPart] = [.user, .entity, .entityType, .dimension]

  /// Whether a question can be answered so: nothing but users, or an entity of one user, may be asked for, since then the
  /// rows that are wanted lie together.
  static func answers(by parts: [SummaryPart], _ filter: EventFilter, countsUsers: Bool) -> Bool {
    parts.count >= 2 && parts == Array(key.prefix(parts.count)) && !countsUsers
      && (filter.entity == nil || filter.user != nil) && filter.entityTypes == nil && filter.dimensions == nil
      && filter.sources == nil && filter.scope == nil && filter.metadata == nil && filter.times == Int64.min...Int64.max
  }

  private var cursors: [KeyRuns]
  private var leaves: [KeyRun] = []

  /// - Parameter depth: how many parts of the key are asked for, at least two.
  init(_ segments: [Segment], _ filter: EventFilter, depth: Int) {
    cursors = segments.map { KeyRuns($0, filter, depth: depth) }
  }

  /// Fills a table that holds nothing yet. The rows of a damaged file may be out of order, which is thrown.
  mutating func run(into table: inout SummaryTable) throws(StoreError) {
    for index in cursors.indices { try cursors[index].load(&table) }
    var last: KeyRun?
    while let first = smallest(table) {
      if let last, !Self.precedes(last, first.run, table) {
        throw StoreError(.corruption, file: cursors[first.place].segment.path, "rows are out of order")
      }
      last = first.run
      leaves.removeAll(keepingCapacity: true)
      for index in cursors.indices { try take(first.run, from: index, &table) }
      combineLeaves()
      table.append(leaves)
    }
  }

  /// The run whose pair comes first.
  @inline(__always)
  private func smallest(_ table: SummaryTable) -> (place: Int, run: KeyRun)? {
    var best: (place: Int, run: KeyRun)?
    for index in cursors.indices {
      guard let run = cursors[index].head else { continue }
      if let other = best?.run, !Self.precedes(run, other, table) { continue }
      best = (index, run)
    }
    return best
  }

  /// Whether one pair stands before another.
  @inline(__always)
  private static func precedes(_ a: KeyRun, _ b: KeyRun, _ table: SummaryTable) -> Bool {
    if a.user != b.user { return table.texts[0].compare(a.user, b.user) < 0 }
    return a.entity != b.entity && table.texts[1].compare(a.entity, b.entity) < 0
  }

  /// Takes the runs of a pair that a cursor stands at.
  @inline(__always)
  private mutating func take(_ pair: KeyRun, from index: Int, _ table: inout SummaryTable) throws(StoreError) {
    while let run = cursors[index].head, run.user == pair.user, run.entity == pair.entity {
      leaves.append(run)
      try cursors[index].advance(&table)
    }
  }

  /// Makes one leaf of all of an entity type and dimension.
  private mutating func combineLeaves() {
    // Many are sorted, so that equal ones meet.
    let isSorted = leaves.count > SummaryTable.fewLeaves
    if isSorted { leaves.sort { ($0.entityType, $0.dimension) < ($1.entityType, $1.dimension) } }
    var kept = 0
    for index in leaves.indices {
      let leaf = leaves[index]
      let candidates = (isSorted ? max(0, kept - 1) : 0)..<kept
      if let place = candidates.last(where: {
        leaves[$0].dimension == leaf.dimension && leaves[$0].entityType == leaf.entityType
      }) {
        leaves[place].aggregate.merge(leaf.aggregate)
      } else {
        leaves[kept] = leaf
        kept += 1
      }
    }
    leaves.removeLast(leaves.count - kept)
  }
}
