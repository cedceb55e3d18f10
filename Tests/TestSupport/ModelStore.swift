package import StoreEngine

/// The naive model of a store: all events in a dictionary, aggregates recomputed by brute force.
package struct ModelStore: Sendable, Equatable {
  /// The identity of an event, by bytes.
  package struct Key: Hashable, Sendable {
    package let user: [UInt8]
    package let id: EventID?

    package init(_ event: GrowthEvent) {
      user = Array(event.user.utf8)
      id = event.eventID
    }
  }

  /// What becomes of one batch.
  package struct Outcome: Sendable, Equatable {
    package var stored = 0
    package var duplicates = 0
    /// Rows, ascending.
    package var conflicts: [Int] = []
  }

  package private(set) var events: [Key: GrowthEvent] = [:]
  /// Events that expired and whose part of the aggregates stays.
  package private(set) var sealed: [Key: GrowthEvent] = [:]
  /// All that expired.
  package private(set) var expired: Set<Key> = []
  /// All versions of memory units.
  package var units: [UnitKey: StoredUnit] = [:]
  /// The versions that expired.
  package var expiredUnits: Set<UnitKey> = []

  package init() {}

  /// Appends a batch by the rules of the store; `fresh` collects the events that were new.
  package mutating func append(_ batch: [GrowthEvent], fresh: inout [GrowthEvent]) -> Outcome {
    var outcome = Outcome()
    for (row, event) in batch.enumerated() {
      if expired.contains(Key(event)) {
        // What it said is forgotten, so it never conflicts.
        outcome.duplicates += 1
      } else if let stored = events[Key(event)] {
        if stored == event { outcome.duplicates += 1 } else { outcome.conflicts.append(row) }
      } else {
        events[Key(event)] = event
        fresh.append(event)
        outcome.stored += 1
      }
    }
    return outcome
  }

  /// Adds events that are known to be new.
  package mutating func adopt(_ fresh: [GrowthEvent]) {
    for event in fresh where !expired.contains(Key(event)) { events[Key(event)] = event }
  }

  /// Events that may have expired, and whether aggregates keep their part.
  package typealias Expiring = [Key: (event: GrowthEvent, keepsSummary: Bool)]

  package mutating func expire(_ expiring: Expiring) {
    for (key, (event, keepsSummary)) in expiring {
      events[key] = nil
      expired.insert(key)
      if keepsSummary { sealed[key] = event }
    }
  }

  /// Of events that may have expired, those that a store has not any more have.
  package mutating func expire(_ expiring: Expiring, unless found: [GrowthEvent]) {
    let found = Set(found.map { Key($0) })
    expire(expiring.filter { !found.contains($0.key) })
  }

  /// The events that expire by an age of days for each entity type, by the calendar: with the day on which they happened.
  package func expiring(
    at now: Int64, _ rule: (_ event: GrowthEvent) -> (days: Int, keepsSummary: Bool)?
  ) -> Expiring {
    let day: Int64 = 86_400_000_000
    func number(_ time: Int64) -> Int64 { time >= 0 ? time / day : -((-time + day - 1) / day) }
    var expiring: Expiring = [:]
    for (key, event) in events {
      guard let (days, keepsSummary) = rule(event) else { continue }
      // The day is over as long ago as the rule says.
      if number(event.createdAt.microseconds) + 1 + Int64(days) <= number(now) {
        expiring[key] = (event, keepsSummary)
      }
    }
    return expiring
  }

  /// What `found` makes of a store in which the same has expired as in another.
  package init(_ found: [GrowthEvent], units: [MemoryUnit] = [], expiredAs other: ModelStore) {
    (sealed, expired, expiredUnits) = (other.sealed, other.expired, other.expiredUnits)
    for event in found { events[Key(event)] = event }
    adopt(units)
  }

  // MARK: Aggregates

  package func entityGrowth() -> Set<Growth> {
    let sums = sums { event in
      [Group(owner: event.user, entity: event.entity, type: event.entityType, dimension: event.dimension)]
    }
    return Set(
      sums.map { Growth(user: $0.owner, entity: $0.entity, entityType: $0.type, dimension: $0.dimension, $1) })
  }

  package func userGrowth() -> Set<UserGrowth> {
    let sums = sums { event in [Group(owner: event.user, dimension: event.dimension)] }
    return Set(sums.map { UserGrowth(user: $0.owner, dimension: $0.dimension, $1) })
  }

  package func dailyGrowth() -> Set<DailyGrowth> {
    let sums = sums { event in [Group(owner: event.user, dimension: event.dimension, day: event.createdAt.day)] }
    return Set(sums.map { DailyGrowth(user: $0.owner, dimension: $0.dimension, day: $0.day, $1) })
  }

  /// For a scope and each of its ancestors.
  package func scopeGrowth() -> Set<ScopeGrowth> {
    let sums = sums { event in
      let parts = event.scope.split(separator: "/")
      return parts.indices.map { end in
        Group(owner: parts[...end].joined(separator: "/"), dimension: event.dimension, day: event.createdAt.day)
      }
    }
    return Set(sums.map { ScopeGrowth(scope: $0.owner, dimension: $0.dimension, day: $0.day, $1) })
  }

  /// The events of a user, newest first.
  package func history(user: String) -> [GrowthEvent] {
    events.values.filter { $0.user == user }.sorted { a, b in
      guard let first = a.eventID, let second = b.eventID, a.createdAt == b.createdAt else {
        return a.createdAt > b.createdAt
      }
      return first > second
    }
  }

  private struct Group: Hashable {
    /// A user or a scope.
    var owner: String
    var entity = ""
    var type = ""
    var dimension: String
    var day: Int32 = 0
  }

  private func sums(_ keys: (GrowthEvent) -> [Group]) -> [Group: Aggregate] {
    var sums: [Group: Aggregate] = [:]
    for event in Array(events.values) + Array(sealed.values) {
      // Written out, not by the engine's own merge.
      let score = Int128(event.delta.millionths)
      let time = event.createdAt.microseconds
      for key in keys(event) {
        let old = sums[key] ?? Aggregate(score: 0, count: 0, first: time, last: time)
        sums[key] = Aggregate(
          score: old.score + score, count: old.count + 1, first: min(old.first, time), last: max(old.last, time))
      }
    }
    return sums
  }
}
