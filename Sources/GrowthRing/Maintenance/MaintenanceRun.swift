import StorageIO
import StoreEngine

/// One run of maintenance, on the calling thread, beside a writer and readers of this process and of others. Holds the lock
/// of the store's maintenance from its beginning to its end.
struct MaintenanceRun {
  let engine: Engine
  let folder: JobFolder
  let policy: AgeingPolicy
  let throttle: Throttle
  let progress: (@Sendable (MaintenanceProgress) -> Void)?
  /// Whether this run writes to files what only the log holds; a store that is open for appending has done so before.
  let flushes: Bool
  let indexes: SearchIndexes
  /// Where given, the run does nothing but bring this month back from the archive.
  var month: ArchiveMonth?
  /// Why a store that is open for appending could not write its memory to files.
  var flushFailure: StoreError?

  /// The steps that are due: those that always are, and the long ones where the last run of them began long enough ago.
  static func due(
    _ jobs: [MaintenanceJob], _ policy: AgeingPolicy, at now: Timestamp, indexes: Bool = false
  ) -> [MaintenanceStep] {
    let schedule = policy.schedule
    func isDue(_ step: MaintenanceStep, every age: Age) -> Bool {
      let last = jobs.lazy.compactMap { job in
        job.steps.first { $0.step == step && $0.isDone }
      }.first
      guard let last else { return true }
      // A timer that comes every day comes now and then a little less than a day after the last time.
      let elapsed = now.microseconds - last.startedAt.microseconds
      return elapsed < 0 || elapsed >= age.microseconds - age.microseconds / 24
    }
    var steps: [MaintenanceStep] = [.flush, .compact]
    // Where nothing ever expires there is nothing to look for.
    if policy.expiresAny, isDue(.expire, every: schedule.ageEvery) { steps.append(.expire) }
    for step in [MaintenanceStep.warm, .archive] where isDue(step, every: schedule.ageEvery) { steps.append(step) }
    if indexes { steps.append(.index) }
    if isDue(.scrub, every: schedule.scrubEvery) { steps.append(.scrub) }
    return steps
  }

  /// Whether a job has died since a flush was last done, so that its files may still lie about.
  private static func hasDied(_ jobs: [MaintenanceJob]) -> Bool {
    for job in jobs {
      if job.state == .died { return true }
      if job.steps.contains(where: { $0.step == .flush && $0.isDone }) { return false }
    }
    return false
  }

  /// Does the steps that are given, or those that are due; nil where maintenance is under way elsewhere.
  func run(_ wanted: Set<MaintenanceStep>?, _ cause: MaintenanceJob.Cause) throws(StoreError) -> MaintenanceJob? {
    guard let lock = try lock() else { return nil }
    defer {
      for partition in engine.partitions { partition.endMaintenance() }
      lock.release()
    }
    let before = try folder.newest(isLocked: true)
    let steps: [MaintenanceStep]
    if month != nil {
      steps = [.rehydrate]
    } else if let wanted {
      steps = MaintenanceStep.allCases.filter { wanted.contains($0) }
    } else {
      steps = Self.due(before, policy, at: now, indexes: indexes.areUsed)
    }
    var job = folder.begin(cause)
    try write(&job)
    for step in steps {
      if throttle.isCancelled { break }
      var record = MaintenanceJob.Step(step: step, startedAt: now)
      job.steps.append(record)
      try write(&job)
      var isFull = false
      do throws(StoreError) {
        try perform(step, &record, hasDied: Self.hasDied(before))
      } catch {
        record.error = "\(error)"
        if job.error == nil { (job.error, job.errorKind) = ("\(step.rawValue): \(error)", error.kind) }
        if error.kind == .corruption || error.kind == .unsupportedVersion { job.isDamaged = true }
        isFull = error.kind == .noSpace
      }
      // It has not come to its end, and is due again at once.
      if throttle.isCancelled, record.error == nil { record.error = MaintenanceJob.interrupted }
      record.endedAt = now
      job.steps[job.steps.count - 1] = record
      // A full disk ends one step, and a later one may make room on it.
      if record.error != nil, !isFull { break }
    }
    if throttle.isCancelled, job.error == nil { job.error = MaintenanceJob.interrupted }
    job.endedAt = now
    try write(&job)
    try folder.prune()
    // There may be room now that older ones are gone.
    if job.recordFailure != nil { try write(&job) }
    return job
  }

  /// Writes the record of a job. A full disk keeps nobody from what may make room on it: then there is none.
  private func write(_ job: inout MaintenanceJob) throws(StoreError) {
    do throws(StoreError) {
      try folder.write(job)
      job.recordFailure = nil
    } catch  where error.kind == .noSpace {
      job.recordFailure = "\(error)"
    }
  }

  /// The lock, also where somebody holds it for just a moment to see whether a job is under way.
  private func lock() throws(StoreError) -> (any DiskLock)? {
    for attempt in 0..<10 {
      if let lock = try folder.lock() { return lock }
      if attempt < 9 { Throttle.sleep(20_000) }
    }
    return nil
  }

  private var now: Timestamp { Timestamp(microseconds: engine.environment.clock.now()) }

  private func perform(
    _ step: MaintenanceStep, _ record: inout MaintenanceJob.Step, hasDied: Bool
  ) throws(StoreError) {
    switch step {
    case .flush:
      progress?(MaintenanceProgress(step: step, done: 0, total: 1, moved: 0))
      if let flushFailure { throw flushFailure }
      // Whoever appends flushes on its own.
      guard flushes else { return }
      let isDue = hasDied ? true : try engine.logBytes() > 0
      if isDue { try engine.flushWhereNobodyAppends() }
    case .compact:
      try eachPartition(step, &record) { (partition, record) throws(StoreError) in
        let before = try partition.fileSizes()
        while try partition.compact(.settled, proceed: throttle.pace) {}
        let after = try partition.fileSizes()
        record.moved += max(0, before.count - after.count)
        record.bytesBefore += before.bytes
        record.bytesAfter += after.bytes
      }
    case .warm:
      let moment = AgeingMoment(policy.engineRules, at: engine.environment.clock.now())
      try eachPartition(step, &record) { (partition, record) throws(StoreError) in
        var pass = WarmPass(partition, moment)
        while let move = try pass.next(proceed: throttle.pace) {
          record.add(move)
        }
        // What came to the warm tier may be due to be merged there.
        while try partition.compact(proceed: throttle.pace) {}
      }
    case .archive:
      let moment = AgeingMoment(policy.engineRules, at: engine.environment.clock.now())
      var example: (any ArchiveFileWriter)?
      try eachPartition(step, &record) { (partition, record) throws(StoreError) in
        guard let archive = partition.archive else { return }
        var pass = ArchivePass(
          partition, moment, archive.writing(ParquetArchive(profile: policy.archive.profile)), example: example)
        while let move = try pass.next(proceed: throttle.pace) { record.add(move) }
        example = pass.example
      }
      try engine.settleArchive()
    case .expire:
      let moment = AgeingMoment(policy.engineRules, at: engine.environment.clock.now())
      // What only the log holds may be the newest version of a unit.
      if moment.units.rules.expiresAny { try engine.refresh() }
      try eachPartition(step, &record) { (partition, record) throws(StoreError) in
        var pass = ExpiryPass(partition, moment)
        while let move = try pass.next(proceed: throttle.pace) { record.add(move) }
        var units = UnitExpiryPass(partition, moment)
        while let move = try units.next(proceed: throttle.pace) { record.add(move) }
        // Full values came as runs of their own.
        while try partition.compact(proceed: throttle.pace) {}
      }
      try engine.settleArchive()
    case .index:
      progress?(MaintenanceProgress(step: step, done: 0, total: 1, moved: 0))
      record.bytesBefore = indexes.bytes
      record.moved = try indexes.update(from: engine, tidiesAll: true) { !throttle.isCancelled }
      record.bytesAfter = indexes.bytes
    case .scrub:
      var damage: [StoreError] = []
      try eachPartition(step, &record) { (partition, record) throws(StoreError) in
        let report = try partition.scrub(proceed: throttle.pace)
        record.moved += report.files
        record.bytesBefore += report.bytes
        damage += report.damage
      }
      if let first = damage.first {
        throw StoreError(
          first.kind, file: first.file, offset: first.offset,
          damage.count == 1 ? first.reason : "\(first.reason); and \(damage.count - 1) more files are damaged")
      }
    case .rehydrate:
      guard let month else { return }
      try eachPartition(step, &record) { (partition, record) throws(StoreError) in
        while let move = try partition.rehydrate(month, proceed: throttle.pace) { record.add(move) }
      }
      try engine.settleArchive()
    }
  }

  private func eachPartition(
    _ step: MaintenanceStep, _ record: inout MaintenanceJob.Step,
    _ body: (Partition, inout MaintenanceJob.Step) throws(StoreError) -> Void
  ) throws(StoreError) {
    for (done, partition) in engine.partitions.enumerated() {
      if throttle.isCancelled { return }
      progress?(MaintenanceProgress(step: step, done: done, total: engine.partitions.count, moved: record.moved))
      try body(partition, &record)
    }
  }
}

extension MaintenanceJob.Step {
  fileprivate mutating func add(_ move: AgeingMove) {
    moved += move.rows
    units += move.units
    bytesBefore += move.bytesBefore
    bytesAfter += move.bytesAfter
  }
}
