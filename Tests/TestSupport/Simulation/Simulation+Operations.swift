import StorageIO
import StoreEngine

extension Simulation {
  /// One random operation, and what follows where a fault hits it.
  func operate() throws {
    if isPoisoned { return try reopenPoisoned() }
    do {
      switch random.below(42) {
      case 0..<17: try append()
      case 17..<22: try flush()
      case 22..<24: try freeze()
      case 24..<28: try compact(engine, "compact")
      case 28: try compact(reader, "compact by a reader")
      case 29: try trim()
      case 30..<34: if !isPoisoned { try checkReader() }
      case 34: try reopen(clean: random.oneIn(2))
      case 35: try losePower()
      case 36: try warm(engine, "warm")
      case 37: try warm(reader, "warm by a reader")
      default: planFault()
      }
    } catch let error as StoreError {
      try survive(error)
    }
    if random.oneIn(8), !isPoisoned { try check() }
  }

  private func append() throws {
    let batches = (0..<random.within(1...3)).map { _ in maker.batch(random.below(options.largestBatch + 1)) }
    let sync = !random.oneIn(4)
    note("append \(batches.map(\.count)) \(sync ? "synced" : "buffered")")
    var next = model
    var fresh: [GrowthEvent] = []
    let expected = batches.map { next.append($0, fresh: &fresh) }
    inFlight = fresh
    let receipts = try engine.commit(try batches.map(Self.batch), sync: sync)
    inFlight = []
    model = next
    if !fresh.isEmpty { pending.append(fresh) }
    if sync { settle() }
    let found = receipts.map {
      ModelStore.Outcome(stored: $0.stored, duplicates: $0.duplicates, conflicts: $0.conflicts)
    }
    if found != expected { throw failure("receipts \(found), expected \(expected)") }
  }

  static func batch(_ events: [GrowthEvent]) throws -> EventBatch {
    var batch = EventBatch()
    for event in events { try batch.append(event) }
    return batch
  }

  /// All so far is durable.
  private func settle() {
    durable = model
    pending = []
  }

  private func flush() throws {
    for number in engine.partitions.indices where !random.oneIn(3) {
      let frozen = engine.partitions[number].freeze()
      note("flush \(number)\(frozen ? "" : ", nothing frozen")")
      try engine.flushFrozen(number)
    }
    if random.oneIn(2) { try trim() }
  }

  private func freeze() throws {
    let number = random.below(engine.partitions.count)
    note("freeze \(number)")
    _ = engine.partitions[number].freeze()
  }

  private func compact(_ engine: Engine, _ name: String) throws {
    let extent = random.pick([CompactionPick.Extent.due, .settled, .settled, .everything])
    // Now and then it is told to stop, as when a flush waits.
    let questions = random.oneIn(4) ? random.below(6) : Int.max
    note("\(name) \(extent)\(questions < .max ? ", given up at question \(questions)" : "")")
    for partition in engine.partitions where !random.oneIn(3) {
      var asked = 0
      func compact() throws -> Bool {
        try partition.compact(extent) { (_) throws(StoreError) in
          asked += 1
          return asked <= questions
        }
      }
      while try compact(), extent != .everything { if extent == .settled { statistics.settled += 1 } }
      if asked > questions { statistics.interrupted += 1 }
    }
  }

  /// Segments come of age, by rules and at a moment that leave some events young.
  private func warm(_ engine: Engine, _ name: String) throws {
    let rules = AgeingRules(
      [AgeingRule(entityTypes: ["habit"], warmAfter: Age(days: random.below(3)))],
      rest: AgeingRule(warmAfter: Age(days: random.pick([0, 1, 2, 900]))), warmLevel: 1)
    // As the events of the simulation end.
    let now = SimulatedClock().now() + 3 * 86_400_000_000
    note("\(name) \(rules.rules.map { $0.warmAfter?.description ?? "never" })")
    if random.oneIn(2) { self.engine.setAgeing(rules) }
    for partition in engine.partitions where !random.oneIn(3) {
      var pass = WarmPass(partition, AgeingMoment(rules, at: now))
      while try pass.next() != nil { statistics.warmed += 1 }
    }
  }

  private func trim() throws {
    note("trim")
    try engine.trimLog()
  }

  /// Closes the store and opens it again on the same disk: cleanly, or with its log still to be replayed.
  func reopen(clean: Bool) throws {
    note(clean ? "reopen" : "reopen without closing")
    if clean {
      for _ in 0..<2 {
        for number in engine.partitions.indices {
          _ = engine.partitions[number].freeze()
          try engine.flushFrozen(number)
        }
      }
      try engine.endLog()
      settle()
    }
    engine.close()
    engine = try Engine.openWriter(world.environment, path: Self.path, identity: identity, options: options.engine)
    settle()
  }
}
