import Columnar

/// Reads the events of one user and entity, of all dimensions or one, newest first.
///
/// In a segment the rows of a (user, entity, entity type, dimension) lie together and ascend in time. Their ends are found,
/// and times and ids read from there on backwards, some at once, and merged. Only then the other columns are read, for the
/// rows of the result: what is not in it is not touched.
struct KeyHistory {
  /// The rows of one key in one row group, and how many of them are still to come.
  private struct Stream {
    let source: Int
    let first: Int
    /// Where the rows end that are still to come, and those that were ever wanted.
    var end: Int
    let firstEnd: Int
    /// The first row whose time and id are at hand, and where these lie.
    var read: Int
    var place: Int
    let entityType: UInt32
    let dimension: UInt32
    /// Where the other columns of its rows lie, from row `end` on.
    var columns = 0

    /// Where time and id of the next row lie.
    var head: Int { place + end - 1 - read }
  }

  /// An event of the result.
  private struct Pick {
    /// Less than 0 for those that come from memory.
    let stream: Int
    /// The row, or the place among those from memory.
    let row: Int
    /// Where its time and id lie.
    let place: Int
  }

  /// Of the query, of which a copy would count every text of it.
  private let limit: Int
  private let wanted: ClosedRange<Int64>
  private let after: HistoryCursor?
  private var groups: [RowGroup] = []
  private var streams: [Stream] = []
  /// Of the rows that were read, stream by stream.
  private var times: [Int64] = []
  private var high: [UInt64] = []
  private var low: [UInt64] = []

  /// Rows of a stream that are read at a time.
  private static let stretch = 64

  /// Whether this can answer a query: one user, one entity, at most one dimension, and nothing that only rows can tell.
  static func canAnswer(_ filter: EventFilter) -> Bool {
    filter.user != nil && filter.entity != nil && filter.entityTypes == nil && filter.sources == nil
      && filter.scope == nil && filter.metadata == nil && filter.dimensions?.count ?? 1 == 1
  }

  /// The events of `segments` and of `newer`, which are of the query and sorted newest first; at most as many as the query
  /// wants. Ids in events are the texts `user` and `entity`.
  static func read(
    _ query: HistoryQuery, user: String, entity: String, segments: [Segment], newer: [GrowthEvent],
    withMetadata: Bool, cache: RowGroupCache
  ) throws(StoreError) -> [GrowthEvent] {
    guard query.limit > 0 else { return [] }
    var history = KeyHistory(query)
    defer { cache.put(history.groups) }
    try history.open(query.filter, segments, cache)
    let picks = try history.merge(newer)
    return try history.events(picks, newer, user: user, entity: entity, withMetadata: withMetadata)
  }

  private init(_ query: HistoryQuery) {
    (limit, wanted, after) = (query.limit, query.filter.times, query.after)
    let usual = min(limit, Self.stretch) * 2
    times.reserveCapacity(usual)
    high.reserveCapacity(usual)
    low.reserveCapacity(usual)
  }

  // MARK: Finding

  private mutating func open(
    _ filter: EventFilter, _ segments: [Segment], _ cache: RowGroupCache
  ) throws(StoreError) {
    guard let user = filter.user, let entity = filter.entity else { return }
    try unsafe user.withUnsafeBufferPointer { (user) throws(StoreError) in
      try unsafe entity.withUnsafeBufferPointer { (entity) throws(StoreError) in
        try open(
          unsafe Bytes(borrowing: UnsafeRawBufferPointer(user)),
          unsafe Bytes(borrowing: UnsafeRawBufferPointer(entity)), dimension: filter.dimensions?.first, segments, cache)
      }
    }
  }

  private mutating func open(
    _ userKey: Bytes, _ entityKey: Bytes, dimension: String?, _ segments: [Segment], _ cache: RowGroupCache
  ) throws(StoreError) {
    var candidates: [RowGroupCache.Wanted] = []
    candidates.reserveCapacity(segments.count)
    for segment in segments {
      guard segment.smallestCreatedAt <= wanted.upperBound, segment.largestCreatedAt >= wanted.lowerBound else {
        continue
      }
      for index in segment.rowGroups(user: userKey, entity: entityKey) {
        let bounds = segment.times(ofRowGroup: index)
        guard bounds.lowerBound <= wanted.upperBound, bounds.upperBound >= wanted.lowerBound else { continue }
        candidates.append(RowGroupCache.Wanted(segment: segment, index: index))
      }
    }
    let hash = QuickHash.hash(user: userKey, entity: entityKey)
    groups.reserveCapacity(candidates.count)
    try cache.take(candidates, pair: hash, to: &groups)
    let dimension = dimension.map { Bytes(Array($0.utf8)) }
    var parts: [(group: Int, part: RowGroup.Part)] = []
    var ofGroup: [RowGroup.Part] = []
    for index in groups.indices {
      ofGroup.removeAll(keepingCapacity: true)
      try groups[index].parts(user: userKey, entity: entityKey, hash: hash, dimension: dimension, to: &ofGroup)
      for part in ofGroup { parts.append((index, part)) }
    }
    streams.reserveCapacity(parts.count)
    for step in 0..<3 {
      for found in parts { groups[found.group].prefetch(rowsBefore: found.part.rows.upperBound, step: step) }
    }
    for found in parts { try add(found.part, of: found.group) }
  }

  private mutating func add(_ part: RowGroup.Part, of source: Int) throws(StoreError) {
    let group = groups[source]
    var lower = part.rows.lowerBound
    var upper = part.rows.upperBound
    if after != nil || wanted.upperBound != .max {
      while lower < upper {
        let middle = (lower + upper) / 2
        let cursor = try Self.cursor(group, middle)
        if cursor.createdAt > wanted.upperBound || (after.map { !(cursor < $0) } ?? false) {
          upper = middle
        } else {
          lower = middle + 1
        }
      }
    }
    var stream = Stream(
      source: source, first: part.rows.lowerBound, end: upper, firstEnd: upper, read: upper, place: 0,
      entityType: part.type, dimension: part.dimension)
    if try prepare(&stream) { streams.append(stream) }
  }

  private static func cursor(_ group: RowGroup, _ row: Int) throws(StoreError) -> HistoryCursor {
    let createdAt = try group.createdAt(row: row)
    return HistoryCursor(createdAt: createdAt, id: try group.eventID(row: row, createdAt: createdAt))
  }

  /// Makes sure that time and id of a stream's next row are at hand; false where none is wanted any more.
  private mutating func prepare(_ stream: inout Stream) throws(StoreError) -> Bool {
    guard stream.end > stream.first else { return false }
    if stream.end == stream.read {
      stream.read = max(stream.first, stream.end - min(Self.stretch, limit))
      stream.place = times.count
      try groups[stream.source].append(stream.read..<stream.end, times: &times, high: &high, low: &low)
    }
    return times[stream.head] >= wanted.lowerBound
  }

  // MARK: Merging

  /// The events of the result, newest first.
  private mutating func merge(_ newer: [GrowthEvent]) throws(StoreError) -> [Pick] {
    var picks: [Pick] = []
    picks.reserveCapacity(min(limit, times.count + newer.count))
    var open = [Int](streams.indices)
    var place = 0
    while picks.count < limit {
      var best = 0
      for index in open.indices.dropFirst()
      where isOlder(streams[open[best]].head, streams[open[index]].head) { best = index }
      if place < newer.count {
        let cursor = HistoryCursor(of: newer[place])
        if open.isEmpty || self.cursor(streams[open[best]].head) < cursor {
          picks.append(Pick(stream: -1, row: place, place: 0))
          place += 1
          continue
        }
      }
      guard !open.isEmpty else { break }
      let number = open[best]
      picks.append(Pick(stream: number, row: streams[number].end - 1, place: streams[number].head))
      streams[number].end -= 1
      var stream = streams[number]
      let goesOn = try prepare(&stream)
      streams[number] = stream
      if !goesOn { open.remove(at: best) }
    }
    return picks
  }

  private func cursor(_ place: Int) -> HistoryCursor {
    HistoryCursor(createdAt: times[place], id: EventID(high: high[place], low: low[place]))
  }

  /// Whether one event comes behind another, newest first.
  private func isOlder(_ a: Int, _ b: Int) -> Bool {
    times[a] != times[b] ? times[a] < times[b] : (high[a], low[a]) < (high[b], low[b])
  }

  // MARK: Events

  /// The other columns of the rows of the result.
  private struct Columns {
    var sources: [UInt32] = []
    var scopes: [UInt32] = []
    var deltas: [Int64] = []
    var metadata: [UInt32] = []

    mutating func reserve(_ count: Int) {
      sources.reserveCapacity(count)
      scopes.reserveCapacity(count)
      deltas.reserveCapacity(count)
      metadata.reserveCapacity(count)
    }
  }

  private mutating func events(
    _ picks: [Pick], _ newer: [GrowthEvent], user: String, entity: String, withMetadata: Bool
  ) throws(StoreError) -> [GrowthEvent] {
    var columns = Columns()
    columns.reserve(streams.reduce(0) { $0 + $1.firstEnd - $1.end })
    for index in streams.indices where streams[index].end < streams[index].firstEnd {
      let group = groups[streams[index].source]
      let rows = streams[index].end..<streams[index].firstEnd
      streams[index].columns = columns.sources.count
      try group.append(rows, codesOf: .source, to: &columns.sources)
      let known = RowGroup.KnownCodes(column: .source, codes: columns.sources, first: streams[index].columns)
      try group.append(rows, codesOf: .scope, known: known, to: &columns.scopes)
      try group.append(rows, known: known, deltas: &columns.deltas)
      if withMetadata { try group.append(rows, codesOf: .metadata, known: known, to: &columns.metadata) }
    }
    var result: [GrowthEvent] = []
    result.reserveCapacity(picks.count)
    // What rows of one stream, and mostly of all, have in common.
    var last = (stream: -1, entityType: "", dimension: "", scope: UInt32.max, scopeText: "")
    for pick in picks {
      guard pick.stream >= 0 else {
        result.append(newer[pick.row])
        continue
      }
      let stream = streams[pick.stream]
      let group = groups[stream.source]
      let place = stream.columns + pick.row - stream.end
      if pick.stream != last.stream {
        last = (
          pick.stream, try group.text(.entityType, stream.entityType), try group.text(.dimension, stream.dimension),
          .max, ""
        )
      }
      if columns.scopes[place] != last.scope {
        last.scope = columns.scopes[place]
        last.scopeText = try group.text(.scope, last.scope)
      }
      result.append(
        GrowthEvent(
          eventID: EventID(high: high[pick.place], low: low[pick.place]), user: user, entity: entity,
          entityType: last.entityType, dimension: last.dimension,
          delta: Delta(millionths: columns.deltas[place]), source: try group.text(.source, columns.sources[place]),
          scope: last.scopeText, createdAt: Timestamp(microseconds: times[pick.place]),
          metadata: withMetadata ? try group.newText(.metadata, columns.metadata[place]) : ""))
    }
    return result
  }
}

extension HistoryCursor {
  /// The place of an event, which has an id because it is stored.
  package init(of event: GrowthEvent) {
    self.init(createdAt: event.createdAt.microseconds, id: event.eventID ?? EventID(high: 0, low: 0))
  }
}
