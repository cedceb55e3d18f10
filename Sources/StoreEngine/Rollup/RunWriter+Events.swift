import Columnar

/// The rollups of a memtable as a run of partials: those of users from its sorted events, in one pass each.
extension RunWriter {
  /// `snapshot` is that of the events, and `order` their sorted order.
  package static func write(
    _ snapshot: RollupSnapshot, events: EventBatch, order: [UInt32], fileID: UInt64, emit: @escaping Emit
  ) throws(StoreError) -> RunSummary {
    var writer = try RunWriter(fileID: fileID, emit: emit)
    let rows = SortedRows(events, order)
    try writer.appendEntities(snapshot, events, rows)
    let days = UserDays(events, rows)
    try writer.append(.userGrowth, snapshot, events, rows, days, dropping: days.dayBits)
    try writer.append(.dailyGrowth, snapshot, events, rows, days, dropping: 0)
    let vocabulary = RollupVocabulary(.scopeGrowth, runs: [], memtables: [snapshot.texts])
    try writer.beginSection(.scopeGrowth, texts: vocabulary.texts)
    let scopes = TableCursor(.scopeGrowth, snapshot, vocabulary: vocabulary)
    while !scopes.isAtEnd {
      if !scopes.isSameItem { try writer.beginItem(group: scopes.group, item: scopes.item) }
      try writer.append(scopes.leaf)
      try scopes.advance()
    }
    return try writer.finish()
  }

  /// What aggregates are made of, in sorted order: every pass then goes through memory from its start to its end, and not
  /// through the whole memtable for every row.
  private struct SortedRows {
    let user: [UInt32]
    let entity: [UInt32]
    let type: [UInt32]
    let dimension: [UInt32]
    let delta: [Int64]
    let createdAt: [Int64]

    init(_ events: EventBatch, _ order: [UInt32]) {
      user = Self.gather(events.user, order)
      entity = Self.gather(events.entity, order)
      type = Self.gather(events.entityType, order)
      dimension = Self.gather(events.dimension, order)
      delta = Self.gather(events.delta, order)
      createdAt = Self.gather(events.createdAt, order)
    }

    private static func gather<T: BitwiseCopyable>(_ column: [T], _ order: [UInt32]) -> [T] {
      order.map { column[Int($0)] }
    }
  }

  private mutating func appendEntities(
    _ snapshot: RollupSnapshot, _ events: EventBatch, _ rows: SortedRows
  ) throws(StoreError) {
    let vocabulary = RollupVocabulary(.entityGrowth, runs: [], memtables: [snapshot.texts])
    let (types, dimensions) = (vocabulary.codes(of: events.entityTypes), vocabulary.codes(of: events.dimensions))
    try beginSection(.entityGrowth, texts: vocabulary.texts)
    let (users, entities) = (Bytes(events.users.arena), Bytes(events.entities.arena))
    let (user, entity, type, dimension) = (rows.user, rows.entity, rows.type, rows.dimension)
    let (delta, createdAt) = (rows.delta, rows.createdAt)
    var next = 0
    var last = (user: UInt32.max, entity: UInt32.max)
    while next < user.count {
      let first = next
      let key = (user: user[first], entity: entity[first])
      var measures = Aggregate(delta: delta[first], createdAt: createdAt[first])
      next += 1
      while next < user.count, entity[next] == key.entity, user[next] == key.user, dimension[next] == dimension[first],
        type[next] == type[first]
      {
        measures.merge(Aggregate(delta: delta[next], createdAt: createdAt[next]))
        next += 1
      }
      if key != last {
        try beginItem(
          group: KeySpan(users, events.users.start(key.user), events.users.length(key.user)),
          item: KeySpan(entities, events.entities.start(key.entity), events.entities.length(key.entity)))
        last = key
      }
      try append(
        RunLeaf(
          a: types[Int(type[first])], b: dimensions[Int(dimension[first])], measures: measures, isReset: false))
    }
  }

  /// Adds up the events by user, dimension and day, without the lowest `dropped` bits of the key.
  private mutating func append(
    _ rollup: Rollup, _ snapshot: RollupSnapshot, _ events: EventBatch, _ rows: SortedRows, _ days: UserDays,
    dropping dropped: UInt64
  ) throws(StoreError) {
    let vocabulary = RollupVocabulary(rollup, runs: [], memtables: [snapshot.texts])
    let codes = vocabulary.codes(of: events.dimensions)
    try beginSection(rollup, texts: vocabulary.texts)
    let users = Bytes(events.users.arena)
    let none = KeySpan(users, 0, 0)
    let (user, dimension, delta, createdAt) = (rows.user, rows.dimension, rows.delta, rows.createdAt)
    let (order, keys) = (days.order, days.keys)
    var next = 0
    var last = UInt32.max
    while next < order.count {
      let first = Int(order[next])
      let key = keys[first] >> dropped
      var measures = Aggregate(delta: delta[first], createdAt: createdAt[first])
      next += 1
      while next < order.count {
        let row = Int(order[next])
        guard keys[row] >> dropped == key else { break }
        measures.merge(Aggregate(delta: delta[row], createdAt: createdAt[row]))
        next += 1
      }
      if user[first] != last {
        last = user[first]
        try beginItem(group: KeySpan(users, events.users.start(last), events.users.length(last)), item: none)
      }
      let day = rollup.hasDays ? Rollup.code(ofDay: Timestamp(microseconds: createdAt[first]).day) : 0
      try append(RunLeaf(a: codes[Int(dimension[first])], b: day, measures: measures, isReset: false))
    }
  }

  /// Rows in the order of user, dimension and day, and of a user near to each other.
  private struct UserDays {
    /// By row: the place of the user among all, the place of the dimension, the day.
    private(set) var keys: [UInt64]
    private(set) var order: [UInt32]
    /// The bits of the day in the keys.
    let dayBits: UInt64

    init(_ events: EventBatch, _ rows: SortedRows) {
      let ranks = events.dimensions.ranks()
      let days = rows.createdAt.map { Timestamp(microseconds: $0).day }
      let smallest = days.min() ?? 0
      let span = UInt64(bitPattern: Int64(days.max() ?? 0) - Int64(smallest))
      dayBits = UInt64(64 - span.leadingZeroBitCount)
      let dimensionBits = UInt64(64 - UInt64(ranks.count).leadingZeroBitCount)
      keys = [UInt64](repeating: 0, count: days.count)
      order = [UInt32](0..<UInt32(days.count))
      var place: UInt64 = 0
      var last = UInt32.max
      for row in days.indices {
        if rows.user[row] != last {
          last = rows.user[row]
          place += 1
        }
        let day = UInt64(bitPattern: Int64(days[row]) - Int64(smallest))
        keys[row] = (place << dimensionBits | UInt64(ranks[Int(rows.dimension[row])])) << dayBits | day
      }
      RadixSort.sort(&order, by: keys)
    }
  }
}
