import StorageIO
public import StoreEngine

extension GrowthStore {
  /// Does what is due once: flush, merge, remove what has expired, move what has come of age to warm segments and to the
  /// archive, bring search indexes up to date, verify checksums. Beside a writer and readers, in this process or another, also of a store that was opened
  /// read-only.
  ///
  /// - Parameters:
  ///   - steps: what to do of `MaintenanceStep.allCases`, due or not; nil for what is due by the schedule of the policy.
  ///   - progress: called from any thread, one call at a time.
  /// - Returns: the record, whose error tells what went wrong, if anything; nil where other maintenance of the store is
  ///   under way.
  /// - Throws: where not even the record could be written, but for a full disk: maintenance may make room on it, so it goes on,
  ///   and `recordFailure` tells of it.
  @discardableResult
  public func maintain(
    _ steps: Set<MaintenanceStep>? = nil, cause: MaintenanceJob.Cause = .command,
    progress: (@Sendable (MaintenanceProgress) -> Void)? = nil
  ) async throws(StoreError) -> MaintenanceJob? {
    try await maintain(steps, cause: cause, month: nil, progress: progress)
  }

  /// Brings the archived events of a month back to warm segments, and keeps them there: the month is added to those that the
  /// policy holds. In the answers of the store nothing changes.
  ///
  /// - Parameter month: in UTC, spelled `2026-11`.
  /// - Returns: the record; nil where other maintenance of the store is under way.
  /// - Throws: `invalidArgument` for what is no month.
  @discardableResult
  public func rehydrate(
    month: String, progress: (@Sendable (MaintenanceProgress) -> Void)? = nil
  ) async throws(StoreError) -> MaintenanceJob? {
    guard let wanted = ArchiveMonth(month) else {
      throw StoreError(.invalidArgument, "\"\(month)\" is no month; write 2026-11")
    }
    try checkOpen()
    try await maintenance.after { () throws(StoreError) in
      let policy = try self.file.changePolicy { policy in
        guard !policy.archive.heldMonths.contains(month) else { return nil }
        var archive = policy.archive
        archive.heldMonths = (archive.heldMonths + [month]).sorted()
        return policy.with(archive)
      }
      self.engine.setAgeing(policy.engineRules)
    }
    return try await maintain([.rehydrate], cause: .command, month: wanted, progress: progress)
  }

  private func maintain(
    _ steps: Set<MaintenanceStep>?, cause: MaintenanceJob.Cause, month: ArchiveMonth?,
    progress: (@Sendable (MaintenanceProgress) -> Void)?
  ) async throws(StoreError) -> MaintenanceJob? {
    let policy = try policy()
    engine.setAgeing(policy.engineRules)
    let throttle = Throttle(bytesPerSecond: policy.bytesPerSecond, clock: engine.environment.clock)
    jobs.start(throttle)
    defer { jobs.end(throttle) }
    var flushFailure: StoreError?
    if options.access == .readWrite, steps?.contains(.flush) ?? true {
      do throws(StoreError) {
        try await flushEverything()
        try await maintenance.after { () throws(StoreError) in try self.engine.settleFiles() }
      } catch  where error.kind == .noSpace {
        // The other steps may make room.
        flushFailure = error
      }
    }
    var run = MaintenanceRun(
      engine: engine, folder: jobs.folder, policy: policy, throttle: throttle, progress: progress,
      flushes: options.access == .readOnly, indexes: searchIndexes)
    run.month = month
    run.flushFailure = flushFailure
    let result: Result<MaintenanceJob?, StoreError> = await withTaskCancellationHandler {
      do throws(StoreError) {
        return .success(try await jobs.queue.run { [run] () throws(StoreError) in try run.run(steps, cause) })
      } catch {
        return .failure(error)
      }
    } onCancel: {
      throttle.cancel()
    }
    return try result.get()
  }

  /// The records of maintenance, the newest first.
  public func maintenanceJobs(limit: Int = .max) async throws(StoreError) -> [MaintenanceJob] {
    try checkOpen()
    return try await readQueue.run { () throws(StoreError) in try self.jobs.folder.newest(limit) }
  }
}
