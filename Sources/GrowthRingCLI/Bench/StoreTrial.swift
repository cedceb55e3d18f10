import GrowthRing

/// What a store of generated events does in `growthring bench`: takes them in, in batches of three sizes, answers, and
/// proves itself.
struct StoreTrial {
  let path: String
  let events: Int
  let seed: UInt64
  private let clock = ContinuousClock()

  init(path: String, events: Int, seed: UInt64) {
    self.path = path
    self.events = events
    self.seed = seed
  }

  /// - Parameter progress: told what is being done.
  func run(progress: (String) -> Void) async throws -> [TrialFigure] {
    var options = StoreOptions()
    options.createIfMissing = true
    let store = try await GrowthStore.open(path, options: options)
    do {
      let figures = try await run(store, progress)
      try await store.close()
      return figures
    } catch {
      // The first error is the one to tell.
      try? await store.close()
      throw error
    }
  }

  private func run(_ store: GrowthStore, _ progress: (String) -> Void) async throws -> [TrialFigure] {
    let small = max(1, min(100, events / 10_000))
    let single = max(64, min(2_000, events / 500))
    var generator = EventGenerator(.init(events: events + small * 1_000 + single, seed: seed))
    progress("taking in events")
    var keys: [GrowthEvent] = []
    var figures = [try await load(&generator, into: store, &keys)]
    let stats = try await store.stats()
    progress("taking in small batches")
    figures.append(try await append(&generator, to: store, batches: small))
    figures.append(try await appendSingly(&generator, to: store, count: single))
    progress("reading")
    figures += try reads(try await store.snapshot(), keys)
    let aggregates = stats.rollups.reduce(0) { $0 + $1.count }
    figures.append(
      TrialFigure(
        key: "bytes_per_event", name: "an event on the disk", value: Double(stats.segmentBytes) / Double(events),
        unit: "bytes", digits: 1, note: "all columns"))
    figures.append(
      TrialFigure(
        key: "bytes_per_aggregate", name: "an aggregate on the disk",
        value: Double(stats.runBytes) / Double(max(1, aggregates)), unit: "bytes", digits: 1))
    progress("verifying")
    figures.append(try await verify(store))
    return figures
  }

  private func load(
    _ generator: inout EventGenerator, into store: GrowthStore, _ keys: inout [GrowthEvent]
  ) async throws -> TrialFigure {
    var time = Duration.zero
    var left = events
    while left > 0 {
      var batch = EventBatch()
      left -= generator.next(into: &batch, count: min(left, 100_000))
      for row in stride(from: 0, to: batch.count, by: max(1, events / 2_000)) { keys.append(batch.event(at: row)) }
      let start = clock.now
      _ = try await store.append(batch)
      time += clock.now - start
    }
    let start = clock.now
    try await store.flush()
    let flushing = clock.now - start
    // As a store at rest does by itself, for the reads that follow.
    try await store.compact()
    return TrialFigure(
      key: "ingest_100k_per_s", name: "ingest in batches of 100,000",
      value: Double(events) / (time + flushing).inSeconds,
      unit: "events/s", digits: 0, note: "durable, with flush and merges that are due")
  }

  private func append(
    _ generator: inout EventGenerator, to store: GrowthStore, batches: Int
  ) async throws -> TrialFigure {
    var time = Duration.zero
    for _ in 0..<batches {
      var batch = EventBatch()
      _ = generator.next(into: &batch, count: 1_000)
      let start = clock.now
      _ = try await store.append(batch)
      time += clock.now - start
    }
    return TrialFigure(
      key: "ingest_1k_per_s", name: "ingest in batches of 1,000", value: Double(batches * 1_000) / time.inSeconds,
      unit: "events/s", digits: 0, note: "durable, one caller")
  }

  private func appendSingly(
    _ generator: inout EventGenerator, to store: GrowthStore, count: Int
  ) async throws -> TrialFigure {
    var batch = EventBatch()
    _ = generator.next(into: &batch, count: count)
    let events = (0..<batch.count).map { batch.event(at: $0) }
    let start = clock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<64 {
        group.addTask {
          for row in stride(from: task, to: events.count, by: 64) { _ = try await store.append([events[row]]) }
        }
      }
      try await group.waitForAll()
    }
    return TrialFigure(
      key: "append_single_per_s", name: "appends of one event",
      value: Double(events.count) / (clock.now - start).inSeconds,
      unit: "events/s", digits: 0, note: "durable, 64 tasks")
  }

  /// Each key twice, the second time measured.
  private func reads(_ snapshot: GrowthSnapshot, _ keys: [GrowthEvent]) throws -> [TrialFigure] {
    let reads: [(key: String, name: String, read: (GrowthEvent) throws -> Void)] = [
      (
        "growth_of_entity", "growth of a user in an entity",
        { _ = try snapshot.growth(user: $0.user, entity: $0.entity) }
      ),
      ("growth_of_user", "all growth of a user", { _ = try snapshot.growth(user: $0.user) }),
      (
        "history", "newest 50 events of a dimension",
        { _ = try snapshot.history(user: $0.user, entity: $0.entity, dimension: $0.dimension) }
      ),
    ]
    return try reads.map { key, name, read in
      var times = TrialTimes()
      for event in keys { try read(event) }
      for event in keys { try times.measure { try read(event) } }
      let (p50, p99) = times.percentiles
      return TrialFigure(
        key: key, name: name, value: p50, unit: "µs", digits: 1, p99: p99)
    }
  }

  private func verify(_ store: GrowthStore) async throws -> TrialFigure {
    let start = clock.now
    let report = try await store.verify()
    let seconds = (clock.now - start).inSeconds
    guard report.isSound else {
      throw CommandFailure(
        "the store is not sound: \(report.problems.first ?? "")", "Check the disk and the memory of this machine.",
        status: .corruption)
    }
    return TrialFigure(
      key: "verify_per_s", name: "recomputed and compared", value: Double(report.events) / seconds, unit: "events/s",
      digits: 0,
      note: "all aggregates, sound")
  }
}
