public import StoreEngine

/// Reads. Each sees every event that was acknowledged before it began, by this process or another.
extension GrowthStore {
  /// A consistent view of the whole store.
  public func snapshot() async throws(StoreError) -> GrowthSnapshot {
    try await ofAll { (snapshot) in snapshot }
  }

  /// The growth of a user in an entity, by entity type and dimension.
  public func growth(
    user: String, entity: String, dimension: String? = nil
  ) async throws(StoreError) -> [Growth] {
    try await onReadThread { (reads) throws(StoreError) in
      try reads.growth(user: user, entity: entity, dimension: dimension)
    }
  }

  /// The growth of a user in all entities; see ``GrowthSnapshot/growth(user:order:limit:after:)``.
  public func growth(
    user: String, order: GrowthOrder = .key, limit: Int? = nil, after: Growth? = nil
  ) async throws(StoreError) -> [Growth] {
    try await onReadThread { (reads) throws(StoreError) in
      try reads.growth(user: user, order: order, limit: limit, after: after)
    }
  }

  /// Every aggregate of the store, for exports and comparisons.
  public func allGrowth() async throws(StoreError) -> GrowthSequence {
    let snapshot = try await snapshot()
    return GrowthSequence(on: readQueue) { () throws(StoreError) in snapshot.allGrowth() }
  }

  /// The growth of a user by dimension, over all entities.
  public func userGrowth(user: String) async throws(StoreError) -> [UserGrowth] {
    try await ofUser(user) { (snapshot) throws(StoreError) in try snapshot.userGrowth(user: user) }
  }

  /// The growth of a user by dimension and UTC day, from and through days since 1970.
  public func dailyGrowth(
    user: String, from: Int32? = nil, through: Int32? = nil, dimension: String? = nil
  ) async throws(StoreError) -> [DailyGrowth] {
    try await ofUser(user) { (snapshot) throws(StoreError) in
      try snapshot.dailyGrowth(user: user, from: from, through: through, dimension: dimension)
    }
  }

  /// The growth of a scope and of all scopes below it, each by dimension and UTC day.
  public func scopeGrowth(
    prefix: String, from: Int32? = nil, through: Int32? = nil, dimension: String? = nil
  ) async throws(StoreError) -> [ScopeGrowth] {
    try await ofAll { (snapshot) throws(StoreError) in
      try snapshot.scopeGrowth(prefix: prefix, from: from, through: through, dimension: dimension)
    }
  }

  /// The users that grew most; see ``GrowthSnapshot/topUsers(limit:dimension:since:)``.
  public func topUsers(
    limit: Int, dimension: String? = nil, since: Int32? = nil
  ) async throws(StoreError) -> [RankedGrowth] {
    try await ofAll { (snapshot) throws(StoreError) in
      try snapshot.topUsers(limit: limit, dimension: dimension, since: since)
    }
  }

  /// The entities that grew most; see ``GrowthSnapshot/topEntities(limit:dimension:entityType:)``.
  public func topEntities(
    limit: Int, dimension: String? = nil, entityType: String? = nil
  ) async throws(StoreError) -> [RankedGrowth] {
    try await ofAll { (snapshot) throws(StoreError) in
      try snapshot.topEntities(limit: limit, dimension: dimension, entityType: entityType)
    }
  }

  /// Events newest first; see ``GrowthSnapshot/history(user:entity:dimension:from:to:where:limit:after:withMetadata:)``.
  public func history(
    user: String, entity: String? = nil, dimension: String? = nil, from: Timestamp? = nil, to: Timestamp? = nil,
    where metadata: MetadataPredicate? = nil, limit: Int = 50, after: HistoryCursor? = nil, withMetadata: Bool = true
  ) async throws(StoreError) -> HistoryPage {
    try await onReadThread { (reads) throws(StoreError) in
      try reads.history(
        user: user, entity: entity, dimension: dimension, from: from, to: to, where: metadata, limit: limit,
        after: after, withMetadata: withMetadata)
    }
  }

  /// Every event that matches, in columns, by user, entity, entity type, dimension and time within each partition.
  public func events(matching filter: EventFilter = EventFilter()) async throws(StoreError) -> EventSequence {
    let snapshot = try await snapshot()
    return EventSequence(on: readQueue) { () throws(StoreError) in snapshot.events(matching: filter) }
  }

  /// Sums up events by any of their parts, on all cores; see ``GrowthSnapshot/summary(by:matching:countingUsers:summing:)``.
  public func summary(
    by parts: [SummaryPart], matching filter: EventFilter = EventFilter(), countingUsers: Bool = false,
    summing path: MetadataPath? = nil
  ) async throws(StoreError) -> EventSummaries {
    try await ofAll { (snapshot) throws(StoreError) in
      let parts = snapshot.model.typed(parts)
      return EventSummaries(
        try ParallelMap.run(snapshot.viewsWanted(by: filter)) { (view) throws(StoreError) in
          try view.summary(by: parts, filter, countsUsers: countingUsers, summing: path)
        })
    }
  }

  /// How many users were active since each of some times, counted on all cores; see
  /// ``GrowthSnapshot/activeUsers(since:matching:)``.
  public func activeUsers(
    since times: [Timestamp], matching filter: EventFilter = EventFilter()
  ) async throws(StoreError) -> [Int] {
    try await ofAll { (snapshot) throws(StoreError) in
      let counts = try ParallelMap.run(snapshot.viewsWanted(by: filter)) { (view) throws(StoreError) in
        try view.activeUsers(since: times.map(\.microseconds), filter)
      }
      return times.indices.map { time in counts.reduce(0) { $0 + $1[time] } }
    }
  }

  /// Every event that matches, in columns, by user, entity, entity type, dimension and time over the whole store: for
  /// exports that are to be sorted. Ids are ordered in their stored form, texts before UUIDs.
  public func sortedEvents(matching filter: EventFilter = EventFilter()) async throws(StoreError) -> EventSequence {
    let snapshot = try await snapshot()
    return EventSequence(on: readQueue) { () throws(StoreError) in snapshot.sortedEvents(matching: filter) }
  }

  /// The evolution state of a user, over all entities.
  public func evolution(user: String) async throws(StoreError) -> EvolutionReport {
    try await ofUser(user) { (snapshot) throws(StoreError) in try snapshot.evolution(user: user) }
  }

  /// The evolution state of a user's growth in one entity.
  public func evolution(user: String, entity: String) async throws(StoreError) -> EvolutionReport {
    try await ofUser(user) { (snapshot) throws(StoreError) in try snapshot.evolution(user: user, entity: entity) }
  }

  /// The evolution state of every user.
  public func states() async throws(StoreError) -> StateSequence {
    let snapshot = try await snapshot()
    return StateSequence(on: readQueue) { () throws(StoreError) in snapshot.states() }
  }

  // MARK: Running

  private func onReadThread<R: Sendable>(
    _ body: @escaping @Sendable (DirectReads) throws(StoreError) -> R
  ) async throws(StoreError) -> R {
    try await readQueue.run { () throws(StoreError) in try body(self.direct) }
  }

  private func ofUser<R: Sendable>(
    _ user: String, _ body: @escaping @Sendable (GrowthSnapshot) throws(StoreError) -> R
  ) async throws(StoreError) -> R {
    let number = engine.identity.partition(ofUser: Identifier.encode(user))
    try checkOpen()
    return try await readQueue.run { () throws(StoreError) in
      try self.engine.refresh(only: [number])
      let partition = self.engine.partitions[number]
      let snapshot = { (view: PartitionView) in
        GrowthSnapshot(views: [view], identity: self.engine.identity, model: self.model)
      }
      // Under the partition's lock, on its own values: a copy would make the next write copy them too.
      return try partition.read { (view) throws(StoreError) in try body(snapshot(view)) }
    }
  }

  func ofAll<R: Sendable>(
    _ body: @escaping @Sendable (GrowthSnapshot) throws(StoreError) -> R
  ) async throws(StoreError) -> R {
    try checkOpen()
    return try await readQueue.run { () throws(StoreError) in
      let (views, durable) = try self.engine.durableSnapshot()
      var snapshot = GrowthSnapshot(views: views, identity: self.engine.identity, model: self.model)
      snapshot.durableSequence = durable
      return try body(snapshot)
    }
  }
}
