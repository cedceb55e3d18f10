import Columnar

extension Memtable {
  /// The events of one user that satisfy a query, at most as many as it wants, as a batch of their own, so that nothing of the
  /// memtable has to be held.
  func history(_ query: HistoryQuery) -> EventBatch {
    events.gather(newest(query).map(\.row))
  }

  /// The rows of the newest events of one user that satisfy a query, newest first.
  func newest(_ query: HistoryQuery) -> [(cursor: HistoryCursor, row: UInt32)] {
    let filter = query.filter
    guard query.limit > 0, let stored = filter.user, let user = events.users.find(stored) else { return [] }
    var entity: UInt32?
    if let stored = filter.entity {
      guard let code = events.entities.find(stored) else { return [] }
      entity = code
    }
    var tests = [.entityType, .dimension, .source, .scope].compactMap { column in
      filter.predicate(column).map { TextTest(column: column, predicate: $0) }
    }
    var metadata = filter.metadata.map { MetadataVerdicts($0, events) }
    var found: [(cursor: HistoryCursor, row: UInt32)] = []
    forEachRow(user: user, entity: entity) { row in
      guard filter.times.contains(events.createdAt[row]) else { return }
      for index in tests.indices where !tests[index].passes(events, row) { return }
      if metadata != nil, metadata?.passes(row) == false { return }
      let cursor = HistoryCursor(
        createdAt: events.createdAt[row], id: EventID(high: events.eventIDHigh[row], low: events.eventIDLow[row]))
      if let after = query.after, !(cursor < after) { return }
      found.append((cursor, UInt32(row)))
      if found.count / 2 - 128 > query.limit { Self.trim(&found, query.limit) }
    }
    Self.trim(&found, query.limit)
    return found
  }

  private static func trim(_ found: inout [(cursor: HistoryCursor, row: UInt32)], _ limit: Int) {
    found.sort { $1.cursor < $0.cursor }
    if found.count > limit { found.removeLast(found.count - limit) }
  }

  /// Calls `body` with the rows of a user, or of one entity of it.
  private func forEachRow(user: UInt32, entity: UInt32?, _ body: (Int) -> Void) {
    if let entity {
      rollups.pairs.forEachRow(user: user, entity: entity, body)
    } else {
      rollups.pairs.forEachRow(user: user, body)
    }
  }
}

/// A condition on the texts of a column; a text is judged once.
private struct TextTest {
  let column: TextColumn
  let predicate: (Bytes) -> Bool
  private var verdicts: [UInt32: Bool] = [:]

  init(column: TextColumn, predicate: @escaping (Bytes) -> Bool) {
    self.column = column
    self.predicate = predicate
  }

  mutating func passes(_ batch: EventBatch, _ row: Int) -> Bool {
    let code =
      switch column {
      case .entityType: batch.entityType[row]
      case .dimension: batch.dimension[row]
      case .source: batch.source[row]
      default: batch.scope[row]
      }
    if let known = verdicts[code] { return known }
    let verdict = predicate(Bytes(batch.dictionary(column).bytes(code)))
    verdicts[code] = verdict
    return verdict
  }
}
