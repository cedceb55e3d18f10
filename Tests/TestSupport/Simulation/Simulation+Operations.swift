import GrowthRing
import StorageIO
import StoreEngine

extension Simulation {
  /// One random operation, and what follows where a fault hits it.
  func operate() throws {
    if isPoisoned { return try reopenPoisoned() }
    do {
      switch random.below(62) {
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
      case 38, 43: try archive(engine, "archive")
      case 39, 44: try archive(reader, "archive by a reader")
      case 40, 45: try rehydrate(random.oneIn(2) ? engine : reader)
      case 41: try expire(engine, "expire")
      case 42: try expire(reader, "expire by a reader")
      case 50..<58: try appendUnits()
      case 58, 59: try expireUnits(engine, "expire units")
      case 60, 61: try expireUnits(reader, "expire units by a reader")
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
    inFlight = ModelStore.Frame(events: fresh)
    let receipts = try engine.commit(try batches.map(Self.batch), sync: sync)
    try finish(receipts, expected, next, sync: sync)
  }

  private func appendUnits() throws {
    let batches = (0..<random.within(1...3)).map { _ in unitMaker.batch(random.below(options.largestBatch + 1)) }
    let sync = !random.oneIn(4)
    note("append units \(batches.map(\.count)) \(sync ? "synced" : "buffered")")
    var next = model
    var fresh: [MemoryUnit] = []
    let expected = batches.map { next.append($0, fresh: &fresh) }
    inFlight = ModelStore.Frame(units: fresh)
    let receipts = try engine.commit(
      units: try batches.joined().map { try UnitVersion($0) }, counts: batches.map(\.count), sync: sync)
    statistics.units += fresh.count
    try finish(receipts, expected, next, sync: sync)
  }

  /// After a commit that returned.
  private func finish(
    _ receipts: [CommitReceipt], _ expected: [ModelStore.Outcome], _ next: ModelStore, sync: Bool
  ) throws {
    model = next
    if !inFlight.isEmpty { pending.append(inFlight) }
    inFlight = ModelStore.Frame()
    if sync { settle() }
    let found = receipts.map {
      ModelStore.Outcome(stored: $0.stored, duplicates: $0.duplicates, conflicts: $0.conflicts)
    }
    if found != expected { throw failure("receipts \(found), expected \(expected)") }
  }

  static func batch(_ events: [GrowthEvent]) throws(EventRejection) -> EventBatch {
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

  /// Events and memory units go to the archive, by rules and at a moment that leave some events young.
  private func archive(_ engine: Engine, _ name: String) throws {
    let age = Age(days: random.pick([0, 1, 2, 900]))
    let rules = AgeingRules(
      [AgeingRule(entityTypes: ["habit"], archiveAfter: Age(days: random.below(3)))],
      rest: AgeingRule(warmAfter: age, archiveAfter: age), warmLevel: 1)
    let now = SimulatedClock().now() + 3 * 86_400_000_000
    note("\(name) \(rules.rules.map { $0.archiveAfter?.description ?? "never" })")
    for partition in engine.partitions where !random.oneIn(3) {
      guard let archive = partition.archive else { continue }
      let profile = random.pick(ParquetEventWriter.Profile.allCases)
      var pass = ArchivePass(
        partition, AgeingMoment(rules, at: now), archive.writing(ParquetArchive(profile: profile)))
      while try pass.next() != nil { statistics.archived += 1 }
      statistics.archivedUnits += try partition.archivedUnitFiles().files.count
    }
    if !random.oneIn(3) { try engine.settleArchive() }
  }

  private func rehydrate(_ engine: Engine) throws {
    let text = random.pick(["2026-01", "2026-01", "2023-01", "2023-01", "1969-12"])
    note("rehydrate \(text)")
    guard let month = ArchiveMonth(text) else { return }
    for partition in engine.partitions where !random.oneIn(3) {
      while try partition.rehydrate(month) != nil { statistics.rehydrated += 1 }
    }
    if !random.oneIn(3) { try engine.settleArchive() }
  }

  /// Events of segments expire, by rules with summaries and without.
  private func expire(_ engine: Engine, _ name: String) throws {
    let ages = (habit: random.below(3), other: random.pick([0, 1, 2, 900]))
    let keeps = (habit: random.oneIn(2), other: random.oneIn(2))
    let rules = AgeingRules(
      [AgeingRule(entityTypes: ["habit"], expireAfter: Age(days: ages.habit), keepsSummary: keeps.habit)],
      rest: AgeingRule(expireAfter: Age(days: ages.other), keepsSummary: keeps.other), warmLevel: 1)
    let now = SimulatedClock().now() + 3 * 86_400_000_000
    note("\(name) \(ages) \(keeps)")
    let due = model.expiring(at: now) { event in
      event.entityType == "habit" ? (ages.habit, keeps.habit) : (ages.other, keeps.other)
    }
    isExpiring = true
    for partition in engine.partitions where !random.oneIn(3) {
      // What is in segments; the rest waits.
      let files = try PartitionFiles.openNewest(
        partition.manifests, disk: world.disk, archive: partition.archive, previous: nil)
      let stored = try StoreComparison.events([PartitionView(files: files, memtables: [])])
      let keys = Set(stored.map { ModelStore.Key($0) })
      expiring = due.filter { keys.contains($0.key) }
      var pass = ExpiryPass(partition, AgeingMoment(rules, at: now))
      while try pass.next() != nil { statistics.expired += 1 }
      settleExpiry()
    }
    // The writer has to see what a reader has done before it is compared.
    if !random.oneIn(3) { try engine.settleArchive() }
    if engine === reader { for partition in self.engine.partitions { try partition.reloadFiles() } }
    isExpiring = false
  }

  /// Versions of memory units in files expire, alone and with their units.
  private func expireUnits(_ engine: Engine, _ name: String) throws {
    let ages: [Int?] = [0, 1, 2, 900, nil]
    let notes = ModelStore.UnitAges(unit: random.pick(ages), versions: random.pick(ages))
    let others = ModelStore.UnitAges(unit: random.pick(ages), versions: random.pick(ages))
    func rule(_ ages: ModelStore.UnitAges, of sourceTypes: [String]?) -> UnitAgeingRule {
      UnitAgeingRule(
        sourceTypes: sourceTypes, expireAfter: ages.unit.map { Age(days: $0) },
        expireVersionsAfter: ages.versions.map { Age(days: $0) })
    }
    let rules = AgeingRules(
      [], rest: AgeingRule(), warmLevel: 1,
      units: UnitAgeingRules([rule(notes, of: ["note"])], rest: rule(others, of: nil)))
    let moment = AgeingMoment(rules, at: SimulatedClock().now() + 3 * 86_400_000_000)
    note("\(name) \(notes) \(others)")
    isExpiring = true
    try engine.refresh()
    for partition in engine.partitions where !random.oneIn(3) {
      let files = try PartitionFiles.openNewest(
        partition.manifests, disk: world.disk, archive: partition.archive, previous: nil)
      let inFiles = try StoreComparison.unitKeys([PartitionView(files: files, memtables: [])])
      let inMemory = try partition.view().memtables.flatMap { $0.units?.versions ?? [] }
      expiringUnits = model.expiringUnits(
        at: moment.now, inFiles: inFiles, inMemory: Set(inMemory.map { ModelStore.UnitKey($0.unit) })
      ) { $0.sourceType == "note" ? notes : others }
      var pass = UnitExpiryPass(partition, moment)
      while try pass.next() != nil { statistics.expiredUnits += 1 }
      settleExpiry()
    }
    // The writer has to see what a reader has done before it is compared.
    if engine === reader { for partition in self.engine.partitions { try partition.reloadFiles() } }
    isExpiring = false
  }

  /// What may have expired has, but for what is still there.
  func settleExpiry(unless views: [PartitionView]) throws {
    let events = Set(try StoreComparison.events(views).map { ModelStore.Key($0) })
    let units = try StoreComparison.unitKeys(views)
    settleExpiry(expiring.filter { !events.contains($0.key) }, expiringUnits.subtracting(units))
  }

  private func settleExpiry() { settleExpiry(expiring, expiringUnits) }

  private func settleExpiry(_ gone: ModelStore.Expiring, _ goneUnits: Set<ModelStore.UnitKey>) {
    model.expire(gone)
    durable.expire(gone)
    model.expire(goneUnits)
    durable.expire(goneUnits)
    expiring = [:]
    expiringUnits = []
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
