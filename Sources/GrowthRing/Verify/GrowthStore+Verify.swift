public import StoreEngine
import Synchronization

extension GrowthStore {
  /// Proves the store sound in place: every checksum, the order and bounds of every segment, that no event is stored twice,
  /// and that every aggregate equals, to the last digit, one recomputed from the events and from the sealed summaries of those
  /// that expired. The same of memory units: checksums, order and bounds of their segments, and no version twice.
  ///
  /// Works on a snapshot, beside a writer, on as many cores as `StoreOptions.memoryBytes` has room for, from 48 MiB a core on.
  /// Not counted in it are the scopes of the partitions. Damage is reported, not thrown; errors of the disk are thrown.
  /// `progress` is called from any thread, one call at a time.
  public func verify(
    progress: (@Sendable (VerifyProgress) -> Void)? = nil
  ) async throws(StoreError) -> VerifyReport {
    let snapshot: GrowthSnapshot
    do throws(StoreError) {
      snapshot = try await self.snapshot()
    } catch  where error.kind == .corruption || error.kind == .unsupportedVersion {
      return try await readQueue.run { [error] () throws(StoreError) in try self.damage(error) }
    }
    return try await readQueue.run { () throws(StoreError) in
      let total = snapshot.eventCount
      let done = Mutex(0)
      let (lanes, rows) = self.options.audit
      let reports = try ParallelMap.run(snapshot.views, lanes: lanes) { (view) throws(StoreError) in
        try Self.verify(view, snapshot.identity, rows: rows) { events in
          done.withLock { done in
            done += events
            progress?(VerifyProgress(events: done, totalEvents: total))
          }
        }
      }
      var report = reports.reduce(into: VerifyReport()) { $0.add($1) }
      // Of a damaged store nothing can be said of what was derived from it.
      if report.damage.isEmpty { report.search = try self.verifySearchIndex() }
      return report
    }
  }

  /// What is damaged in a store that cannot be opened for it: of each partition what keeps it from being opened, or else every
  /// damaged file.
  private func damage(_ error: StoreError) throws(StoreError) -> VerifyReport {
    var report = VerifyReport()
    for partition in engine.partitions { report.damage += try partition.scrub().damage }
    // What is in no partition, such as the log.
    if report.damage.isEmpty { report.damage.append(error) }
    return report
  }

  private static func verify(
    _ view: PartitionView, _ identity: StoreIdentity, rows: Int, progress: (Int) -> Void
  ) throws(StoreError) -> VerifyReport {
    var report = VerifyReport()
    var audit = PartitionAudit(view, identity: identity)
    do throws(StoreError) {
      try audit.run(rowsPerRound: rows) { events in
        report.events += events
        progress(events)
      }
    } catch  where error.kind == .corruption || error.kind == .unsupportedVersion {
      report.damage.append(error)
    }
    report.repeatedEvents = audit.repeatedEvents
    report.units = audit.units
    report.expiredUnits = audit.expiredUnits
    report.repeatedUnits = audit.repeatedUnits
    report.mismatches = audit.mismatches
    report.mismatchCount = audit.mismatchCount
    report.aggregates = audit.keyCount
    report.expiredEvents = audit.expiredEvents
    report.sealedEvents = audit.sealedEvents
    return report
  }
}

extension VerifyReport {
  fileprivate mutating func add(_ other: VerifyReport) {
    events += other.events
    aggregates += other.aggregates
    expiredEvents += other.expiredEvents
    sealedEvents += other.sealedEvents
    repeatedEvents += other.repeatedEvents
    units += other.units
    expiredUnits += other.expiredUnits
    repeatedUnits += other.repeatedUnits
    mismatches += other.mismatches
    mismatchCount += other.mismatchCount
    damage += other.damage
  }
}
