import Columnar
import Synchronization

extension Partition {
  /// The events of one user that satisfy a query, newest first. `user` and `entity` are the texts of the ids in it.
  ///
  /// Holds the lock while the rows of the user are taken from the memtables, and copies only these.
  package func history(
    _ query: HistoryQuery, user: String, entity: String?, withMetadata: Bool = true
  ) throws(StoreError) -> [GrowthEvent] {
    try openFiles()
    let (segments, batches) = state.withLock { state in
      var batches: [EventBatch] = []
      if state.hasFrozen, let frozen = state.frozen { batches.append(frozen.history(query)) }
      if !state.memtable.events.isEmpty { batches.append(state.memtable.history(query)) }
      return (state.files.segments, batches)
    }
    return try PartitionView.history(
      query, user: user, entity: entity, segments: segments, batches: batches, withMetadata: withMetadata,
      cache: rowGroups)
  }
}

extension PartitionView {
  /// As `Partition.history`.
  package func history(
    _ query: HistoryQuery, user: String, entity: String?, withMetadata: Bool = true
  ) throws(StoreError) -> [GrowthEvent] {
    try Self.history(
      query, user: user, entity: entity, segments: files.segments, batches: memtables.map { $0.history(query) },
      withMetadata: withMetadata, cache: rowGroups)
  }

  /// Merges segments and batches, whose rows all satisfy the query.
  fileprivate static func history(
    _ query: HistoryQuery, user: String, entity: String?, segments: [Segment], batches: [EventBatch],
    withMetadata: Bool, cache: RowGroupCache
  ) throws(StoreError) -> [GrowthEvent] {
    guard KeyHistory.canAnswer(query.filter), let entity else {
      let batch = try History.read(
        query, segments: segments, batches: batches.filter { !$0.isEmpty }.map { ($0, $0.sortedOrder()) },
        columns: withMetadata ? .all : .all.subtracting(.metadata))
      return events(batch, withMetadata: withMetadata)
    }
    var newer: [GrowthEvent] = []
    for batch in batches { newer += events(batch, withMetadata: withMetadata) }
    if batches.count > 1 { newer.sort { HistoryCursor(of: $1) < HistoryCursor(of: $0) } }
    return try KeyHistory.read(
      query, user: user, entity: entity, segments: segments, newer: newer, withMetadata: withMetadata, cache: cache)
  }

  private static func events(_ batch: EventBatch, withMetadata: Bool) -> [GrowthEvent] {
    var events: [GrowthEvent] = []
    events.reserveCapacity(batch.count)
    for row in 0..<batch.count {
      events.append(batch.event(at: row))
      if !withMetadata { events[row].metadata = "" }
    }
    return events
  }
}
