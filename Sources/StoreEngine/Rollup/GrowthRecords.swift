/// The measures of every aggregate.
public protocol GrowthMeasures: Sendable {
  /// The exact sum of all deltas.
  var score: Score { get }
  var eventCount: UInt64 { get }
  /// The earliest and the latest `created_at`.
  var firstEventAt: Timestamp { get }
  var lastEventAt: Timestamp { get }
}

/// The growth of one user in one entity, entity type and dimension: a row of `entity_growth`.
public struct Growth: GrowthMeasures, Hashable {
  public let user: String
  public let entity: String
  public let entityType: String
  public let dimension: String
  public let score: Score
  public let eventCount: UInt64
  public let firstEventAt: Timestamp
  public let lastEventAt: Timestamp

  package init(user: String, entity: String, entityType: String, dimension: String, _ aggregate: Aggregate) {
    self.user = user
    self.entity = entity
    self.entityType = entityType
    self.dimension = dimension
    score = aggregate.total
    eventCount = aggregate.count
    firstEventAt = Timestamp(microseconds: aggregate.first)
    lastEventAt = Timestamp(microseconds: aggregate.last)
  }
}

/// The growth of one user in one dimension, over all entities.
public struct UserGrowth: GrowthMeasures, Hashable {
  public let user: String
  public let dimension: String
  public let score: Score
  public let eventCount: UInt64
  public let firstEventAt: Timestamp
  public let lastEventAt: Timestamp

  package init(user: String, dimension: String, _ aggregate: Aggregate) {
    self.user = user
    self.dimension = dimension
    score = aggregate.total
    eventCount = aggregate.count
    firstEventAt = Timestamp(microseconds: aggregate.first)
    lastEventAt = Timestamp(microseconds: aggregate.last)
  }
}

/// The growth of one user in one dimension on one UTC day.
public struct DailyGrowth: GrowthMeasures, Hashable {
  public let user: String
  public let dimension: String
  /// Days since 1970-01-01.
  public let day: Int32
  public let score: Score
  public let eventCount: UInt64
  public let firstEventAt: Timestamp
  public let lastEventAt: Timestamp

  package init(user: String, dimension: String, day: Int32, _ aggregate: Aggregate) {
    self.user = user
    self.dimension = dimension
    self.day = day
    score = aggregate.total
    eventCount = aggregate.count
    firstEventAt = Timestamp(microseconds: aggregate.first)
    lastEventAt = Timestamp(microseconds: aggregate.last)
  }
}

/// The growth below one scope, over all users, in one dimension on one UTC day.
public struct ScopeGrowth: GrowthMeasures, Hashable {
  public let scope: String
  public let dimension: String
  /// Days since 1970-01-01.
  public let day: Int32
  public let score: Score
  public let eventCount: UInt64
  public let firstEventAt: Timestamp
  public let lastEventAt: Timestamp

  package init(scope: String, dimension: String, day: Int32, _ aggregate: Aggregate) {
    self.scope = scope
    self.dimension = dimension
    self.day = day
    score = aggregate.total
    eventCount = aggregate.count
    firstEventAt = Timestamp(microseconds: aggregate.first)
    lastEventAt = Timestamp(microseconds: aggregate.last)
  }
}

/// One row of a ranking of users or entities.
public struct RankedGrowth: GrowthMeasures, Hashable {
  /// The user's or the entity's id.
  public let key: String
  public let score: Score
  public let eventCount: UInt64
  public let firstEventAt: Timestamp
  public let lastEventAt: Timestamp

  package init(key: String, _ aggregate: Aggregate) {
    self.key = key
    score = aggregate.total
    eventCount = aggregate.count
    firstEventAt = Timestamp(microseconds: aggregate.first)
    lastEventAt = Timestamp(microseconds: aggregate.last)
  }
}

/// In which order rows of growth come.
public enum GrowthOrder: String, Sendable, CaseIterable {
  /// By entity, entity type and dimension, ascending.
  case key
  /// The highest score first; equal ones by key.
  case score
  /// The highest count first; equal ones by key.
  case count
  /// The latest last event first; equal ones by key.
  case recency
}

extension GrowthMeasures {
  /// The measures in the form in which they are merged.
  package var aggregate: Aggregate {
    Aggregate(
      score: score.millionths, count: eventCount, first: firstEventAt.microseconds, last: lastEventAt.microseconds)
  }
}
