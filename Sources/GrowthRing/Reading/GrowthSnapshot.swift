import Columnar
public import StoreEngine

/// A store at one moment: every read of it sees the same events, whatever is appended, flushed or compacted meanwhile.
///
/// Its methods work on the calling thread, on memory and mapped files: right for threads of one's own and for many small
/// reads; from a task, a read of cold data can block for as long as the disk takes. Costs nothing to make; while it is
/// held, the files it reads stay on the disk.
public struct GrowthSnapshot: Sendable {
  let views: [PartitionView]
  let identity: StoreIdentity
  /// The growth model in force when the snapshot was made.
  public let model: GrowthModel
  /// Every commit up to this sequence number is on the disk and in the snapshot; what is in the snapshot beyond it, a power
  /// loss may take. Known of snapshots of the whole store.
  public internal(set) var durableSequence: UInt64 = 0

  func view(ofUser user: String) -> PartitionView {
    views.count == 1 ? views[0] : views[identity.partition(ofUser: Identifier.encode(user))]
  }

  /// The number of events.
  public var eventCount: Int { views.reduce(0) { $0 + $1.eventCount } }

  // MARK: Aggregates of one user

  /// The growth of a user in an entity, by entity type and dimension.
  public func growth(user: String, entity: String, dimension: String? = nil) throws(StoreError) -> [Growth] {
    var rows = GrowthRows()
    try growth(user: user, entity: entity, into: &rows)
    return rows.growth(user: user, entity: entity, dimension: dimension)
  }

  /// The growth of a user in all entities, in the given order. For the next page give the last row of the page before.
  /// Complexity: O(rows of the user), whatever the page.
  public func growth(
    user: String, order: GrowthOrder = .key, limit: Int? = nil, after: Growth? = nil
  ) throws(StoreError) -> [Growth] {
    var rows = GrowthRows()
    try growth(user: user, into: &rows)
    return try rows.growth(user: user, order: order, limit: limit, after: after)
  }

  /// The growth of a user in an entity, by entity type and dimension, into rows that are used again and again.
  public func growth(user: String, entity: String, into rows: inout GrowthRows) throws(StoreError) {
    let (user, entity) = rows.stored(user: user, entity: entity)
    try views[index(ofUser: user)].growth(user: user, entity: entity, into: &rows)
  }

  /// The growth of a user in all entities, by entity, entity type and dimension, into rows that are used again and again.
  public func growth(user: String, into rows: inout GrowthRows) throws(StoreError) {
    let user = rows.stored(user: user)
    try views[index(ofUser: user)].growth(user: user, into: &rows)
  }

  private func index(ofUser stored: Bytes) -> Int { views.count == 1 ? 0 : identity.partition(ofUser: stored) }

  /// The growth of a user by dimension, over all entities.
  public func userGrowth(user: String) throws(StoreError) -> [UserGrowth] {
    try view(ofUser: user).rollups.userGrowth(user: user)
  }

  /// The growth of a user by dimension and UTC day, from and through days since 1970.
  public func dailyGrowth(
    user: String, from: Int32? = nil, through: Int32? = nil, dimension: String? = nil
  ) throws(StoreError) -> [DailyGrowth] {
    guard let days = Self.days(from, through) else { return [] }
    return try view(ofUser: user).rollups.dailyGrowth(user: user, days: days, dimension: dimension)
  }

  // MARK: Aggregates over users

  /// The growth of a scope and of all scopes below it, each by dimension and UTC day; of all scopes where the prefix is
  /// empty.
  public func scopeGrowth(
    prefix: String, from: Int32? = nil, through: Int32? = nil, dimension: String? = nil
  ) throws(StoreError) -> [ScopeGrowth] {
    guard let days = Self.days(from, through) else { return [] }
    struct Key: Hashable, Comparable {
      let scope: ExactText
      let dimension: ExactText
      let day: Int32
      static func < (a: Key, b: Key) -> Bool { (a.scope, a.dimension, a.day) < (b.scope, b.dimension, b.day) }
    }
    var merged: [Key: Aggregate] = [:]
    for view in views {
      for row in try view.rollups.scopeGrowth(under: prefix) where days.contains(row.day) {
        if let dimension, !row.dimension.utf8.elementsEqual(dimension.utf8) { continue }
        let key = Key(scope: ExactText(row.scope), dimension: ExactText(row.dimension), day: row.day)
        merged[key, default: .empty].merge(row.aggregate)
      }
    }
    return merged.sorted { $0.key < $1.key }.map {
      ScopeGrowth(scope: $0.key.scope.text, dimension: $0.key.dimension.text, day: $0.key.day, $0.value)
    }
  }

  private static func days(_ from: Int32?, _ through: Int32?) -> ClosedRange<Int32>? {
    let lower = from ?? .min
    let upper = through ?? .max
    return lower <= upper ? lower...upper : nil
  }

  // MARK: Events

  /// Events newest first, by `created_at` and then event id. For the next page give the cursor of the page before.
  ///
  /// - Parameter from: the earliest time wanted.
  /// - Parameter to: the first time no longer wanted.
  /// - Parameter metadata: a condition on metadata, such as `metadata.tags contains "launch"`.
  /// - Parameter withMetadata: whether metadata are wanted, the larger part of what is read.
  public func history(
    user: String, entity: String? = nil, dimension: String? = nil, from: Timestamp? = nil, to: Timestamp? = nil,
    where metadata: MetadataPredicate? = nil, limit: Int = 50, after: HistoryCursor? = nil, withMetadata: Bool = true
  ) throws(StoreError) -> HistoryPage {
    let filter = EventFilter(
      user: user, entity: entity, dimensions: dimension.map { [$0] }, from: from, to: to, where: metadata)
    let events = try view(ofUser: user).history(
      HistoryQuery(filter, limit: max(0, limit), after: after), user: user, entity: entity, withMetadata: withMetadata)
    return HistoryPage(events, limit: limit)
  }

  // MARK: Evolution

  /// The evolution state of a user, over all entities.
  public func evolution(user: String) throws(StoreError) -> EvolutionReport {
    model.evolution(of: try userGrowth(user: user).map { ($0.dimension, $0.score, $0.eventCount) })
  }

  /// The evolution state of a user's growth in one entity.
  public func evolution(user: String, entity: String) throws(StoreError) -> EvolutionReport {
    var byDimension: [(dimension: String, score: Score, eventCount: UInt64)] = []
    for row in try growth(user: user, entity: entity) {
      if let place = byDimension.firstIndex(where: { ExactText($0.dimension) == ExactText(row.dimension) }) {
        byDimension[place].score += row.score
        byDimension[place].eventCount += row.eventCount
      } else {
        byDimension.append((row.dimension, row.score, row.eventCount))
      }
    }
    return model.evolution(of: byDimension)
  }
}

/// A page of events, newest first.
public struct HistoryPage: Sendable {
  public let events: [GrowthEvent]
  /// Where the next page begins; nil where this one reached the end.
  public let next: HistoryCursor?

  init(_ events: [GrowthEvent], limit: Int) {
    self.events = events
    next = events.count == limit ? events.last.map { HistoryCursor(of: $0) } : nil
  }
}
