import Columnar

/// Reads the events of one user and entity, of all dimensions or one, newest first.
///
/// In a segment the rows of a (user, entity, entity type, dimension) lie together and ascend in time. They are found by
/// binary search, and read from their end on, one by one, and merged: what is not in the result is not touched.
struct KeyHistory {
  /// The rows of one key in one row group, and how many of them are still to come.
  private struct Stream {
    let source: Int
    let first: Int
    var end: Int
    /// Of the last row that is still to come.
    var head: HistoryCursor
    let entityType: UInt32
    let dimension: UInt32
  }

  private let query: HistoryQuery
  private let after: HistoryCursor?
  private var groups: [RowGroup] = []
  private var streams: [Stream] = []

  /// Whether this can answer a query: one user, one entity, at most one dimension, and nothing that only rows can tell.
  static func canAnswer(_ filter: EventFilter) -> Bool {
    filter.user != nil && filter.entity != nil && filter.entityTypes == nil && filter.sources == nil
      && filter.scope == nil && filter.dimensions?.count ?? 1 == 1
  }

  /// The events of `segments` and of `newer`, which are of the query and sorted newest first; at most as many as the query
  /// wants. Ids in events are the texts `user` and `entity`.
  static func read(
    _ query: HistoryQuery, user: String, entity: String, segments: [Segment], newer: [GrowthEvent],
    withMetadata: Bool, cache: RowGroupCache
  ) throws(StoreError) -> [GrowthEvent] {
    guard query.limit > 0 else { return [] }
    var history = KeyHistory(query)
    defer { for group in history.groups { cache.put(group) } }
    for segment in segments { try history.open(segment, cache) }
    return try history.merge(newer, user: user, entity: entity, withMetadata: withMetadata)
  }

  private init(_ query: HistoryQuery) {
    self.query = query
    after = query.after
  }

  // MARK: Finding

  private mutating func open(_ segment: Segment, _ cache: RowGroupCache) throws(StoreError) {
    guard let user = query.filter.user, let entity = query.filter.entity else { return }
    let (userKey, entityKey) = (Bytes(user), Bytes(entity))
    for index in RowGroupSelection.groups(of: segment, query.filter) {
      let entry = segment.footer.rowGroups[index]
      guard entry.smallest <= query.filter.times.upperBound, entry.largest >= query.filter.times.lowerBound else {
        continue
      }
      let group = try cache.take(segment, index)
      groups.append(group)
      let rows = try group.keptRows(user: userKey, entity: entityKey)
      if !rows.isEmpty { try divide(rows, of: group) }
    }
  }

  /// Divides the rows of an entity by entity type and dimension.
  private mutating func divide(_ rows: Range<Int>, of group: RowGroup) throws(StoreError) {
    let wanted = query.filter.dimensions.map { Bytes(Array($0[0].utf8)) }
    var typeStart = rows.lowerBound
    while typeStart < rows.upperBound {
      let type = try group.code(.entityType, row: typeStart)
      let typeEnd = try group.end(of: .entityType, code: type, from: typeStart, in: rows)
      var start = typeStart
      while start < typeEnd {
        let dimension = try group.code(.dimension, row: start)
        let end = try group.end(of: .dimension, code: dimension, from: start, in: typeStart..<typeEnd)
        var isWanted = true
        if let wanted { isWanted = try group.string(.dimension, dimension) == wanted }
        if isWanted { try add(start..<end, of: group, type: type, dimension: dimension) }
        start = end
      }
      typeStart = typeEnd
    }
  }

  private mutating func add(
    _ rows: Range<Int>, of group: RowGroup, type: UInt32, dimension: UInt32
  ) throws(StoreError) {
    var lower = rows.lowerBound
    var upper = rows.upperBound
    let times = query.filter.times
    if after != nil || times.upperBound != .max {
      while lower < upper {
        let middle = (lower + upper) / 2
        let cursor = try Self.cursor(group, middle)
        if cursor.createdAt > times.upperBound || (after.map { !(cursor < $0) } ?? false) {
          upper = middle
        } else {
          lower = middle + 1
        }
      }
      guard upper > rows.lowerBound else { return }
    }
    let head = try Self.cursor(group, upper - 1)
    guard head.createdAt >= times.lowerBound else { return }
    streams.append(
      Stream(
        source: groups.count - 1, first: rows.lowerBound, end: upper, head: head, entityType: type,
        dimension: dimension))
  }

  private static func cursor(_ group: RowGroup, _ row: Int) throws(StoreError) -> HistoryCursor {
    let createdAt = try group.createdAt(row: row)
    return HistoryCursor(createdAt: createdAt, id: try group.eventID(row: row, createdAt: createdAt))
  }

  // MARK: Merging

  private mutating func merge(
    _ newer: [GrowthEvent], user: String, entity: String, withMetadata: Bool
  ) throws(StoreError) -> [GrowthEvent] {
    var result: [GrowthEvent] = []
    var place = 0
    while result.count < query.limit {
      var best: Int?
      for index in streams.indices {
        if let known = best, !(streams[known].head < streams[index].head) { continue }
        best = index
      }
      if place < newer.count {
        let cursor = HistoryCursor(of: newer[place])
        if best.map({ streams[$0].head < cursor }) ?? true {
          result.append(newer[place])
          place += 1
          continue
        }
      }
      guard let best else { break }
      result.append(try event(streams[best], user: user, entity: entity, withMetadata: withMetadata))
      try advance(best)
    }
    return result
  }

  private mutating func advance(_ index: Int) throws(StoreError) {
    streams[index].end -= 1
    let stream = streams[index]
    if stream.end > stream.first {
      let head = try Self.cursor(groups[stream.source], stream.end - 1)
      if head.createdAt >= query.filter.times.lowerBound {
        streams[index].head = head
        return
      }
    }
    streams.remove(at: index)
  }

  private func event(
    _ stream: Stream, user: String, entity: String, withMetadata: Bool
  ) throws(StoreError) -> GrowthEvent {
    let group = groups[stream.source]
    let row = stream.end - 1
    var metadata = ""
    if withMetadata {
      let bytes = try group.string(.metadata, try group.code(.metadata, row: row))
      metadata = bytes.text
    }
    return GrowthEvent(
      eventID: stream.head.id, user: user, entity: entity, entityType: try group.text(.entityType, stream.entityType),
      dimension: try group.text(.dimension, stream.dimension), delta: Delta(millionths: try group.delta(row: row)),
      source: try group.text(.source, try group.code(.source, row: row)),
      scope: try group.text(.scope, try group.code(.scope, row: row)),
      createdAt: Timestamp(microseconds: stream.head.createdAt), metadata: metadata)
  }
}

extension HistoryCursor {
  /// The place of an event, which has an id because it is stored.
  package init(of event: GrowthEvent) {
    self.init(createdAt: event.createdAt.microseconds, id: event.eventID ?? EventID(high: 0, low: 0))
  }
}
