import Columnar
import Synchronization

extension Engine {
  /// Stores versions of memory units together: one frame, one sync. `counts` are the lengths of the appends of which they were
  /// put together; returns what became of each.
  ///
  /// When it returns, the new versions are durable (unless `sync` is false) and in every read. When it throws, none of them was
  /// acknowledged, and after an error of the log the engine commits nothing any more.
  package func commit(
    units: [UnitVersion], counts: [Int], sync: Bool = true
  ) throws(StoreError) -> [CommitReceipt] {
    let memory = units.reduce(0) { $0 + $1.memory }
    guard units.count <= UnitSection.largestCount, memory <= Self.largestCommitBytes else {
      throw StoreError(
        .invalidArgument,
        "a commit of \(units.count) memory units and \(memory) bytes; divide it below "
          + "\(UnitSection.largestCount) units and \(Self.largestCommitBytes) bytes")
    }
    var failure: StoreError?
    var outcome = Outcome()
    writer.withLock { writer in
      do throws(StoreError) {
        guard writer != nil else { throw StoreError(.closed, "the store is not open for appending") }
        if let failure = writer!.failure { throw failure }
        let fresh = try freshUnits(units, &outcome.refused)
        guard !fresh.isEmpty else {
          // Duplicates of buffered units are acknowledged only when those are durable.
          if sync { try Self.guarded(&writer!) { (log: inout LogWriter) throws(StoreError) in try log.sync() } }
          outcome.sequence = writer!.log.nextSequence - 1
          return
        }
        let raw = UnitSection.encode(fresh)
        try Self.guarded(&writer!) { (log: inout LogWriter) throws(StoreError) in
          outcome.sequence = try log.append(raw, events: fresh.count, kind: .units)
          if sync { try log.sync() }
        }
        let committed = fresh.map { $0.committed(at: outcome.sequence) }
        let shares = UnitShares(committed, partitions: identity.partitions, hashSeed: identity.hashSeed)
        for share in shares.shares {
          partitions[share.partition].apply(share.rows.map { committed[$0] }, sequence: outcome.sequence)
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return Self.receipts(outcome, counts: counts)
  }

  /// Who a version is.
  private struct Identity: Hashable {
    let user: [UInt8]
    let muid: [UInt8]
    let updatedAt: Int64
  }

  /// The versions that are not stored yet, each once; of the others it tells why.
  private func freshUnits(
    _ units: [UnitVersion], _ refused: inout Classification
  ) throws(StoreError) -> [UnitVersion] {
    let shares = UnitShares(units, partitions: identity.partitions, hashSeed: identity.hashSeed)
    for share in shares.shares { try partitions[share.partition].findStored(units, share.rows, into: &refused) }
    let stored = Set(refused.duplicates + refused.conflicts)
    var seen: [Identity: Int] = [:]
    var fresh: [UnitVersion] = []
    for (row, unit) in units.enumerated() where !stored.contains(UInt32(row)) {
      let identity = Identity(user: unit.user, muid: unit.muid, updatedAt: unit.updatedAt)
      if let first = seen[identity] {
        refused.note(row, same: units[first].isSame(as: unit))
      } else {
        seen[identity] = row
        fresh.append(unit)
      }
    }
    return fresh
  }

  /// The whole store at one moment, up to date, and a frame up to which everything in it is known to be durable.
  package func durableSnapshot() throws(StoreError) -> (views: [PartitionView], durable: UInt64) {
    guard mode == .reader else {
      for partition in partitions { try partition.openFiles() }
      return writer.withLock { (partitions.map(\.currentView), $0?.log.durableSequence ?? 0) }
    }
    return try readerPosition.withLock { (position) throws(StoreError) in
      try refresh(&position, Array(partitions.indices))
      // Only what is synced is flushed.
      let flushed = partitions.reduce(0) { max($0, $1.flushedSequence) }
      return (partitions.map(\.currentView), max(flushed, position.log?.durableSequence ?? 0))
    }
  }
}
