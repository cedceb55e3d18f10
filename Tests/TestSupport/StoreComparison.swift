import Columnar
package import StoreEngine

/// Compares everything that a store answers with the model.
package struct StoreComparison {
  private let views: [PartitionView]
  private let identity: StoreIdentity
  private let model: ModelStore
  private let growth: Set<Growth>
  private var problems: [String] = []

  /// What differs, in words; empty where nothing does. `random` chooses point reads and page lengths.
  package static func problems(
    _ views: [PartitionView], _ identity: StoreIdentity, _ model: ModelStore, _ random: inout SimulationRandom
  ) throws -> [String] {
    var comparison = StoreComparison(views: views, identity: identity, model: model)
    try comparison.events()
    comparison.problems += try unitProblems(views, identity, model, &random)
    if !comparison.problems.isEmpty { return comparison.problems }
    try comparison.aggregates()
    try comparison.points(&random)
    try comparison.history(&random)
    return comparison.problems
  }

  /// All events that a store has.
  package static func events(_ views: [PartitionView]) throws -> [GrowthEvent] {
    var events: [GrowthEvent] = []
    for view in views {
      let scan = view.scan()
      while let batch = try scan.next() { events += (0..<batch.count).map { batch.event(at: $0) } }
    }
    return events
  }

  private init(views: [PartitionView], identity: StoreIdentity, model: ModelStore) {
    self.views = views
    self.identity = identity
    self.model = model
    growth = model.entityGrowth()
  }

  private func view(of user: String) -> PartitionView {
    views[identity.partition(ofUser: Identifier.encode(user))]
  }

  private mutating func events() throws {
    var seen: Set<ModelStore.Key> = []
    for event in try Self.events(views) {
      if !seen.insert(.init(event)).inserted { problems.append("stored twice: \(event)") }
      let expected = model.events[.init(event)]
      if expected == nil { problems.append("stored, but never acknowledged: \(event)") }
      if let expected, expected != event { problems.append("stored \(event), was \(expected)") }
    }
    for (key, event) in model.events where !seen.contains(key) { problems.append("lost: \(event)") }
    let count = views.reduce(0) { $0 + $1.eventCount }
    if count != model.events.count { problems.append("counts \(count) of \(model.events.count) events") }
  }

  private mutating func aggregates() throws {
    var rows: [Growth] = []
    var users: [UserGrowth] = []
    var days: [DailyGrowth] = []
    var scopes: [ScopeGrowth] = []
    for view in views {
      let cursor = try view.rollups.cursor(.entityGrowth)
      while !cursor.isAtEnd {
        rows.append(
          Growth(
            user: try cursor.idOfGroup(), entity: try cursor.idOfItem(), entityType: cursor.textOfA,
            dimension: cursor.textOfB, cursor.leaf.measures))
        try cursor.advance()
      }
      scopes += try view.rollups.scopeGrowth(under: "")
    }
    for user in EventMaker.users {
      users += try view(of: user).rollups.userGrowth(user: user)
      days += try view(of: user).rollups.dailyGrowth(user: user)
    }
    compare("entity_growth", rows, growth)
    compare("user_growth", users, model.userGrowth())
    compare("daily_growth", days, model.dailyGrowth())
    compare("scope_growth", Self.merged(scopes), model.scopeGrowth())
  }

  /// Scopes are spread over partitions.
  private static func merged(_ rows: [ScopeGrowth]) -> [ScopeGrowth] {
    var sums: [[String]: Aggregate] = [:]
    for row in rows {
      sums[[row.scope, row.dimension, String(row.day)], default: .empty].merge(row.aggregate)
    }
    return sums.map { ScopeGrowth(scope: $0[0], dimension: $0[1], day: Int32($0[2]) ?? 0, $1) }
  }

  private mutating func compare<Row: Hashable>(_ name: String, _ found: [Row], _ expected: Set<Row>) {
    let distinct = Set(found)
    if distinct.count != found.count { problems.append("\(name) has rows twice") }
    for row in distinct.subtracting(expected).prefix(3) { problems.append("\(name) has \(row)") }
    for row in expected.subtracting(distinct).prefix(3) { problems.append("\(name) lacks \(row)") }
  }

  /// Reads of one key go another way than streams.
  private mutating func points(_ random: inout SimulationRandom) throws {
    let user = random.pick(EventMaker.users)
    let entity = random.pick(EventMaker.entities)
    let all = growth.filter { $0.user == user }
    let view = view(of: user)
    let rollups = view.rollups
    var rows = GrowthRows()
    try view.growth(user: Bytes(Identifier.encode(user)), into: &rows)
    compare("growth of \(user)", try rows.growth(user: user), all)
    let ofEntity = all.filter { $0.entity == entity }
    try view.growth(
      user: Bytes(Identifier.encode(user)), entity: Bytes(Identifier.encode(entity)), into: &rows)
    compare("growth of \(user) in \(entity)", try rows.growth(user: user), ofEntity)
    let dimension = random.pick(EventMaker.dimensions)
    let one = try rollups.growth(user: user, entity: entity, entityType: "skill", dimension: dimension)
    compare(
      "growth of \(user) in \(entity), skill, \(dimension)", one.map { [$0] } ?? [],
      ofEntity.filter { $0.entityType == "skill" && $0.dimension == dimension })
  }

  private mutating func history(_ random: inout SimulationRandom) throws {
    let user = random.pick(EventMaker.users)
    // Those of one entity are read in another way.
    let entity = random.oneIn(2) ? random.pick(EventMaker.entities) : nil
    let dimension = random.oneIn(2) ? random.pick(EventMaker.dimensions) : nil
    let limit = random.within(1...9)
    let expected = model.history(user: user).filter {
      (entity ?? $0.entity) == $0.entity && (dimension ?? $0.dimension) == $0.dimension
    }
    let filter = EventFilter(user: user, entity: entity, dimensions: dimension.map { [$0] })
    var found: [GrowthEvent] = []
    var after: HistoryCursor?
    while found.count <= expected.count {
      let page = try view(of: user).history(
        HistoryQuery(filter, limit: limit, after: after), user: user, entity: entity)
      found += page
      guard page.count == limit, let last = page.last else { break }
      after = HistoryCursor(of: last)
    }
    if found != expected {
      problems.append(
        "history of \(user), \(entity ?? "all"), \(dimension ?? "all") by \(limit) has \(found.count) events or another order than \(expected.count)"
      )
    }
  }
}
