import Columnar
public import StoreEngine

/// Reads on the calling thread: the fastest there are, about a microsecond for an entity in memory.
///
/// ```swift
/// var rows = GrowthRows()
/// try store.direct.growth(user: "ada", entity: "swift", into: &rows)
/// for row in 0..<rows.count { print(rows.dimension(at: row), rows.measures(at: row).total) }
/// ```
///
/// Each sees every event that was acknowledged before it began. Nothing is copied of what the writer works on, so that
/// reads cost appends nothing. Cold data is read from the disk meanwhile: from a task, where that matters, use the
/// asynchronous forms of ``GrowthStore``, which do the same on a thread of their own.
public struct DirectReads: Sendable {
  let store: GrowthStore

  /// The growth of a user in an entity, by entity type and dimension, into rows that are used again and again.
  public func growth(user: String, entity: String, into rows: inout GrowthRows) throws(StoreError) {
    let (user, entity) = rows.stored(user: user, entity: entity)
    try partition(ofUser: user).growth(user: user, entity: entity, into: &rows)
  }

  /// The growth of a user in an entity, by entity type and dimension.
  public func growth(user: String, entity: String, dimension: String? = nil) throws(StoreError) -> [Growth] {
    try store.pooledRows.withRows { (rows) throws(StoreError) in
      try growth(user: user, entity: entity, into: &rows)
      return rows.growth(user: user, entity: entity, dimension: dimension)
    }
  }

  /// The growth of a user in all entities, by entity, entity type and dimension, into rows that are used again and again.
  public func growth(user: String, into rows: inout GrowthRows) throws(StoreError) {
    let user = rows.stored(user: user)
    try partition(ofUser: user).growth(user: user, into: &rows)
  }

  /// The growth of a user in all entities; see ``GrowthSnapshot/growth(user:order:limit:after:)``.
  public func growth(
    user: String, order: GrowthOrder = .key, limit: Int? = nil, after: Growth? = nil
  ) throws(StoreError) -> [Growth] {
    try store.pooledRows.withRows { (rows) throws(StoreError) in
      try growth(user: user, into: &rows)
      return try rows.growth(user: user, order: order, limit: limit, after: after)
    }
  }

  /// Events newest first; see ``GrowthSnapshot/history(user:entity:dimension:from:to:where:limit:after:withMetadata:)``.
  public func history(
    user: String, entity: String? = nil, dimension: String? = nil, from: Timestamp? = nil, to: Timestamp? = nil,
    where metadata: MetadataPredicate? = nil, limit: Int = 50, after: HistoryCursor? = nil, withMetadata: Bool = true
  ) throws(StoreError) -> HistoryPage {
    let filter = EventFilter(
      user: user, entity: entity, dimensions: dimension.map { [$0] }, from: from, to: to, where: metadata)
    let partition = try self.partition(ofUser: Bytes(filter.user ?? []))
    let events = try partition.history(
      HistoryQuery(consume filter, limit: max(0, limit), after: after), user: user, entity: entity,
      withMetadata: withMetadata)
    return HistoryPage(events, limit: limit)
  }

  private func partition(ofUser stored: Bytes) throws(StoreError) -> Partition {
    try store.checkOpen()
    let engine = store.engine
    let number = engine.identity.partition(ofUser: stored)
    if case .reader = engine.mode { try engine.refresh(only: [number]) }
    return engine.partitions[number]
  }
}

extension GrowthStore {
  /// Reads on the calling thread.
  public var direct: DirectReads { DirectReads(store: self) }
}
