import StorageIO
import StoreEngine
import Synchronization

/// The records of maintenance in the folder `jobs`, and the lock of whoever is at work. See Formats/jobs.md.
struct JobFolder: Sendable {
  let layout: StoreLayout
  let environment: StorageEnvironment
  private let ended = EndedJobs()

  /// So many of the newest are kept, and older ones that say when a step was last done.
  static let kept = 500
  private static let lockName = "maintenance.lock"

  /// The right to run maintenance on the whole store; nil where somebody else has it.
  func lock() throws(StoreError) -> (any DiskLock)? {
    try onDisk { () throws(DiskError) in
      if try !environment.disk.exists(layout.jobsFolder) {
        try environment.disk.createDirectory(layout.jobsFolder)
        try environment.disk.syncDirectory(layout.root)
      }
      return try environment.disk.tryLock(layout.jobsFolder + "/" + Self.lockName)
    }
  }

  /// A job that begins now; its record is yet to be written.
  func begin(_ cause: MaintenanceJob.Cause) -> MaintenanceJob {
    let now = environment.clock.now()
    let name =
      "job-" + StoreLayout.hex(UInt64(clamping: now), digits: 16) + "-"
      + StoreLayout.hex(environment.entropy.next() >> 32, digits: 8)
    return MaintenanceJob(name: name, cause: cause, startedAt: Timestamp(microseconds: now))
  }

  /// Replaces the record in one step. Only under the lock.
  func write(_ job: MaintenanceJob) throws(StoreError) {
    let path = layout.jobsFolder + "/" + job.name + ".json"
    let temporary = path + StoreLayout.temporarySuffix
    do {
      if try environment.disk.exists(temporary) { try environment.disk.remove(temporary) }
      let file = try environment.disk.open(temporary, .create)
      try file.write(Array(job.json().utf8), at: 0)
      try file.sync()
      try file.close()
      try environment.disk.rename(temporary, path)
      try environment.disk.syncDirectory(layout.jobsFolder)
    } catch {
      // On a full disk it would keep others from their place.
      try? environment.disk.remove(temporary)
      throw StoreError(error)
    }
  }

  /// Forgets the oldest records, but for those that say when a step was last done, and what was left half-written. Only under
  /// the lock.
  func prune() throws(StoreError) {
    let names = try names()
    let records = names.filter { $0.hasSuffix(".json") }
    var forgotten = names.filter { $0.hasSuffix(StoreLayout.temporarySuffix) }
    if records.count > Self.kept {
      // Else a step that comes once a month would seem never to have been done, where something else comes every minute.
      var wanted = Set(MaintenanceStep.allCases)
      for (place, name) in records.reversed().enumerated() {
        let done = Set(try read(name)?.steps.filter(\.isDone).map(\.step) ?? [])
        if place >= Self.kept, wanted.isDisjoint(with: done) { forgotten.append(name) }
        wanted.subtract(done)
      }
    }
    try onDisk { () throws(DiskError) in
      for name in forgotten { try environment.disk.remove(layout.jobsFolder + "/" + name) }
    }
  }

  /// The newest jobs, the newest first. `isLocked` says that the caller itself is at work, or knows that nobody is.
  func newest(_ limit: Int = .max, isLocked: Bool = false) throws(StoreError) -> [MaintenanceJob] {
    var jobs: [MaintenanceJob] = []
    for name in try names().filter({ $0.hasSuffix(".json") }).reversed() {
      if jobs.count >= limit { break }
      if let job = try read(name) { jobs.append(job) }
    }
    // Only the newest can be under way, and is so while somebody holds the lock.
    if !isLocked, let first = jobs.first, first.endedAt == nil { jobs[0].isRunning = try isHeld() }
    return jobs
  }

  /// Whether somebody holds the lock. Whoever has no right to take it cannot tell, and is told so of a job that has no end.
  private func isHeld() throws(StoreError) -> Bool {
    do {
      let lock = try environment.disk.tryLock(layout.jobsFolder + "/" + Self.lockName)
      lock?.release()
      return lock == nil
    } catch  where error.kind == .permission {
      return true
    } catch {
      throw StoreError(error)
    }
  }

  /// Nil where it is gone, or no record.
  private func read(_ name: String) throws(StoreError) -> MaintenanceJob? {
    if let known = ended[name] { return known }
    do {
      let bytes = try environment.disk.read(layout.jobsFolder + "/" + name)
      let job = MaintenanceJob(name: String(name.dropLast(5)), json: bytes)
      if let job, job.endedAt != nil { ended[name] = job }
      return job
    } catch  where error.kind == .notFound {
      return nil
    } catch {
      throw StoreError(error)
    }
  }

  private func names() throws(StoreError) -> [String] {
    do {
      return try environment.disk.list(layout.jobsFolder).filter { $0.hasPrefix("job-") }
    } catch  where error.kind == .notFound {
      return []
    } catch {
      throw StoreError(error)
    }
  }
}

/// Records that were read of jobs that had ended, which nobody changes any more: a service looks at all of them every minute.
private final class EndedJobs: Sendable {
  private let jobs = Mutex<[String: MaintenanceJob]>([:])

  subscript(name: String) -> MaintenanceJob? {
    get { jobs.withLock { $0[name] } }
    set {
      jobs.withLock { jobs in
        // Those that are long gone among them.
        if jobs.count >= 4 * JobFolder.kept { jobs.removeAll() }
        jobs[name] = newValue
      }
    }
  }
}
