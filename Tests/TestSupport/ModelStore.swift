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

  package init() {}

  /// Appends a batch by the rules of the store; `fresh` collects the events that were new.
  package mutating func append(_ batch: [GrowthEvent], fresh: inout [GrowthEvent]) -> Outcome {
    var outcome = Outcome()
    for (row, event) in batch.enumerated() {
      if let stored = events[Key(event)] {
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
    for event in fresh { events[Key(event)] = event }
  }

  // MARK: Aggregates

  package func entityGrowth() -> Set<Growth> {
    let sums = sums { event in [[event.user, event.entity, event.entityType, event.dimension]] }
    return Set(sums.map { Growth(user: $0[0], entity: $0[1], entityType: $0[2], dimension: $0[3], $1) })
  }

  package func userGrowth() -> Set<UserGrowth> {
    let sums = sums { event in [[event.user, event.dimension]] }
    return Set(sums.map { UserGrowth(user: $0[0], dimension: $0[1], $1) })
  }

  package func dailyGrowth() -> Set<DailyGrowth> {
    let sums = sums { event in [[event.user, event.dimension, String(event.createdAt.day)]] }
    return Set(sums.map { DailyGrowth(user: $0[0], dimension: $0[1], day: Int32($0[2]) ?? 0, $1) })
  }

  /// For a scope and each of its ancestors.
  package func scopeGrowth() -> Set<ScopeGrowth> {
    let sums = sums { event in
      let parts = event.scope.split(separator: "/")
      return parts.indices.map { end in
        [parts[...end].joined(separator: "/"), event.dimension, String(event.createdAt.day)]
      }
    }
    return Set(sums.map { ScopeGrowth(scope: $0[0], dimension: $0[1], day: Int32($0[2]) ?? 0, $1) })
  }

  /// The events of a user, newest first.
  package func history(user: String) -> [GrowthEvent] {
    events.values.filter { $0.user.utf8.elementsEqual(user.utf8) }.sorted { a, b in
      guard let first = a.eventID, let second = b.eventID, a.createdAt == b.createdAt else {
        return a.createdAt > b.createdAt
      }
      return first > second
    }
  }

  private func sums(_ keys: (GrowthEvent) -> [[String]]) -> [[String]: Aggregate] {
    var sums: [[String]: Aggregate] = [:]
    for event in events.values {
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
