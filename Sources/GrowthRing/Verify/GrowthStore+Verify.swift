import Columnar
public import StoreEngine

extension GrowthStore {
  /// Proves the store sound in place: every checksum, the order and bounds of every segment, that no event is stored twice,
  /// and that every aggregate equals, to the last digit, one recomputed from the events.
  ///
  /// Works on a snapshot, beside a writer. Memory: the events of one user (16 bytes each) and the scopes of a partition.
  /// Damage is reported, not thrown; errors of the disk are thrown.
  public func verify(
    progress: (@Sendable (VerifyProgress) -> Void)? = nil
  ) async throws(StoreError) -> VerifyReport {
    let snapshot = try await snapshot()
    return try await readQueue.run { () throws(StoreError) in
      var report = VerifyReport()
      for view in snapshot.views {
        do throws(StoreError) {
          try Self.verify(view, snapshot.identity, &report) { events in
            progress?(VerifyProgress(events: events, totalEvents: snapshot.eventCount))
          }
        } catch  where error.kind == .corruption || error.kind == .unsupportedVersion {
          report.damage.append(error)
        }
      }
      return report
    }
  }

  private static func verify(
    _ view: PartitionView, _ identity: StoreIdentity, _ report: inout VerifyReport, progress: (Int) -> Void
  ) throws(StoreError) {
    for segment in view.files.segments { try segment.verify(hashSeed: identity.hashSeed) }
    for run in view.files.runs { try run.check() }
    let recompute = try RollupRecompute(view.rollups)
    var identities = IdentityCheck()
    let scan = view.scan()
    while let batch = try scan.next() {
      try recompute.add(batch)
      identities.add(batch)
      report.events += batch.count
      progress(report.events)
      let misplaced = (0..<UInt32(batch.users.count)).contains { code in
        identity.partition(ofUser: batch.users.bytes(code)) != view.files.manifest.partition
      }
      if misplaced {
        throw StoreError(
          .corruption, "partition \(view.files.manifest.partition) holds events of users of other partitions")
      }
    }
    report.repeatedEvents += identities.finish()
    let result = try recompute.finish()
    report.mismatches += result.mismatches
    report.mismatchCount += result.count
    report.aggregates += result.keys
  }
}

/// Counts events of one user that have the same id. Events come sorted by user.
private struct IdentityCheck {
  private var user: [UInt8] = []
  private var ids: [EventID] = []
  private var repeated = 0

  mutating func add(_ batch: EventBatch) {
    var code = UInt32.max
    for row in 0..<batch.count {
      if batch.user[row] != code {
        code = batch.user[row]
        let next = batch.users.bytes(code)
        if next != user {
          settle()
          user = next
        }
      }
      ids.append(EventID(high: batch.eventIDHigh[row], low: batch.eventIDLow[row]))
    }
  }

  mutating func finish() -> Int {
    settle()
    return repeated
  }

  private mutating func settle() {
    ids.sort()
    for (a, b) in zip(ids, ids.dropFirst()) where a == b { repeated += 1 }
    ids.removeAll(keepingCapacity: true)
  }
}
