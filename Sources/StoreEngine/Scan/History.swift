import Columnar

/// Reads events newest first, which no file is sorted by.
///
/// Row groups and pages are visited in the order of their largest created_at, and only while they may hold something newer
/// than what was found; ids are decoded only where a row is new enough, everything else only for the rows of the result.
package struct History {
  /// An event that may be in the result.
  private struct Candidate {
    var cursor: HistoryCursor
    /// Index of the segment, or the number of segments + index of the batch.
    var source: Int
    var location: EventLocation
  }

  private let query: HistoryQuery
  private let segments: [Segment]
  private let batches: [(batch: EventBatch, order: [UInt32])]
  private var candidates: [Candidate] = []
  /// The oldest that still counts, once `limit` candidates are known.
  private var threshold: HistoryCursor?

  /// The events of `segments` and of sorted batches (memtables, each with its `sortedOrder()`) that satisfy the query, the
  /// newest first; at most `limit`.
  package static func read(
    _ query: HistoryQuery, segments: [Segment], batches: [(batch: EventBatch, order: [UInt32])],
    columns: ColumnSet = .all
  ) throws(StoreError) -> EventBatch {
    guard query.limit > 0 else { return EventBatch() }
    var history = History(query, segments, batches)
    for index in batches.indices { history.visit(batch: index) }
    try history.visitSegments()
    history.trim()
    return try history.result(columns.union([.createdAt, .eventID]))
  }

  private init(_ query: HistoryQuery, _ segments: [Segment], _ batches: [(batch: EventBatch, order: [UInt32])]) {
    self.query = query
    self.segments = segments
    self.batches = batches
  }

  // MARK: Collecting

  /// Whether an event may be in the result, as far as is known.
  private func mayCount(_ cursor: HistoryCursor) -> Bool {
    if let after = query.after, !(cursor < after) { return false }
    if let threshold, cursor < threshold { return false }
    return true
  }

  /// The same for the time alone.
  private func mayCount(_ createdAt: Int64) -> Bool {
    if let after = query.after, createdAt > after.createdAt { return false }
    if let threshold, createdAt < threshold.createdAt { return false }
    return true
  }

  private mutating func add(_ candidate: Candidate) {
    guard mayCount(candidate.cursor) else { return }
    candidates.append(candidate)
    if candidates.count / 2 - 128 > query.limit { trim() }
  }

  private mutating func trim() {
    candidates.sort { $1.cursor < $0.cursor }
    guard candidates.count >= query.limit else { return }
    candidates.removeLast(candidates.count - query.limit)
    threshold = candidates[query.limit - 1].cursor
  }

  private mutating func visit(batch index: Int) {
    let (batch, order) = batches[index]
    for row in query.filter.rows(of: batch, in: order) {
      let id = EventID(high: batch.eventIDHigh[Int(row)], low: batch.eventIDLow[Int(row)])
      add(
        Candidate(
          cursor: HistoryCursor(createdAt: batch.createdAt[Int(row)], id: id), source: segments.count + index,
          location: EventLocation(rowGroup: 0, row: Int(row))))
    }
  }

  private mutating func visitSegments() throws(StoreError) {
    var filter = query.filter
    if let after = query.after {
      guard filter.times.lowerBound <= after.createdAt else { return }
      filter.times = filter.times.lowerBound...min(filter.times.upperBound, after.createdAt)
    }
    var tasks: [(segment: Int, group: Int, largest: Int64)] = []
    for (index, segment) in segments.enumerated() {
      for group in RowGroupSelection.groups(of: segment, filter) {
        tasks.append((index, group, segment.footer.rowGroups[group].largest))
      }
    }
    tasks.sort { $0.largest > $1.largest }
    for task in tasks {
      if let threshold, task.largest < threshold.createdAt { return }
      if let selection = try RowGroupSelection(segments[task.segment], task.group, filter) {
        try visit(selection, of: task.segment)
      }
    }
  }

  private mutating func visit(_ selection: RowGroupSelection, of segment: Int) throws(StoreError) {
    let group = selection.group
    let zones = group.header.times
    for page in selection.pages.sorted(by: { zones[$0].largest > zones[$1].largest }) {
      if let threshold, zones[page].largest < threshold.createdAt { return }
      var picks = try selection.picks(page: page)
      guard !picks.isEmpty else { continue }
      let createdAt = try group.createdAt(page: page)
      picks.removeAll { !mayCount(createdAt[Int($0)]) }
      guard !picks.isEmpty else { continue }
      let ids = try group.eventIDs(page: page)
      let first = group.rows(ofPage: page).lowerBound
      for pick in picks {
        let index = Int(pick)
        add(
          Candidate(
            cursor: HistoryCursor(createdAt: createdAt[index], id: EventID(high: ids.high[index], low: ids.low[index])),
            source: segment, location: EventLocation(rowGroup: group.index, row: first + index)))
      }
    }
  }

  // MARK: The result

  private func result(_ columns: ColumnSet) throws(StoreError) -> EventBatch {
    var parts = EventBatch()
    var places = [UInt32](repeating: 0, count: candidates.count)
    for source in 0..<segments.count + batches.count {
      let wanted = candidates.indices.filter { candidates[$0].source == source }
      guard !wanted.isEmpty else { continue }
      for (offset, index) in wanted.enumerated() { places[index] = UInt32(parts.count + offset) }
      let locations = wanted.map { candidates[$0].location }
      if source < segments.count {
        let rows = try segments[source].batch(at: locations, columns: columns)
        parts.append([UInt32](0..<UInt32(rows.count)), of: rows)
      } else {
        parts.append(locations.map { UInt32($0.row) }, of: batches[source - segments.count].batch)
      }
    }
    return parts.gather(places)
  }
}
