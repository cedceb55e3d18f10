import Columnar
import Synchronization

/// One partition at one moment: everything a read needs. Later writes do not change it.
package struct PartitionView: Sendable {
  package let files: PartitionFiles
  /// Oldest first: the frozen memtable, if any, and the active one.
  package let memtables: [Memtable]
  private let known: KnownSources
  let rowGroups: RowGroupCache
  /// The store's.
  let hashSeed: UInt64

  package init(
    files: PartitionFiles, memtables: [Memtable], sources: GrowthSources? = nil,
    rowGroups: RowGroupCache = RowGroupCache(), hashSeed: UInt64 = 0
  ) {
    self.files = files
    self.hashSeed = hashSeed
    self.memtables = memtables
    self.rowGroups = rowGroups
    known = KnownSources(sources)
  }

  /// Made at the first read that needs it, and shared by all copies of the view.
  private final class KnownSources: Sendable {
    let sources = AtomicLazyReference<GrowthSources>()

    init(_ sources: GrowthSources?) { if let sources { _ = self.sources.storeIfNil(sources) } }
  }

  func growthSources() throws(StoreError) -> GrowthSources {
    if let sources = known.sources.load() { return sources }
    return known.sources.storeIfNil(
      try GrowthSources(runs: files.runs, memtables: memtables.map(\.texts)))
  }

  /// Its aggregates.
  package var rollups: RollupQuery { RollupQuery(runs: files.runs, memtables: memtables.map(\.rollupSnapshot)) }

  /// The number of its events.
  package var eventCount: Int {
    files.segments.reduce(0) { $0 + $1.rows } + memtables.reduce(0) { $0 + $1.events.count }
  }

  /// Its events in the order of their keys.
  package func scan(_ filter: EventFilter = EventFilter(), columns: ColumnSet = .all) -> MergedScan {
    var sources: [any SortedSource] = files.segments.map { SegmentScan($0, filter: filter, columns: columns) }
    for memtable in memtables where !memtable.events.isEmpty {
      guard filter.metadata != nil, filter.user == nil else {
        sources.append(BatchScan(memtable.events, order: memtable.events.sortedOrder(), filter: filter))
        continue
      }
      // Few are wanted, so only those are put in order.
      let wanted = memtable.events.gather(
        filter.rows(of: memtable.events, in: [UInt32](0..<UInt32(memtable.events.count))))
      if !wanted.isEmpty { sources.append(BatchScan(wanted, order: wanted.sortedOrder())) }
    }
    return MergedScan(sources)
  }

  /// Sums up its events.
  package func summary(
    by parts: [SummaryPart], _ filter: EventFilter = EventFilter(), countsUsers: Bool = false,
    summing: MetadataPath? = nil
  ) throws(StoreError) -> SummaryTable {
    try EventSummarizer.summary(
      segments: files.segments, batches: memtables.filter { !$0.events.isEmpty }.map(\.events), by: parts,
      filter: filter, countsUsers: countsUsers, summing: summing)
  }

  /// How many of its users have events that a filter wants, at or after each of some times.
  package func activeUsers(since times: [Int64], _ filter: EventFilter) throws(StoreError) -> [Int] {
    guard let oldest = times.min(), let newest = times.max() else { return [] }
    var users = ActiveUsers(oldest: oldest, newest: newest, filter)
    for segment in files.segments { try users.add(segment) }
    for memtable in memtables where !memtable.events.isEmpty { users.add(memtable.events) }
    return times.map { users.count(since: $0) }
  }

  /// Its events newest first.
  package func history(_ query: HistoryQuery) throws(StoreError) -> EventBatch {
    try History.read(
      query, segments: files.segments,
      batches: memtables.filter { !$0.events.isEmpty }.map { ($0.events, $0.events.sortedOrder()) })
  }
}
