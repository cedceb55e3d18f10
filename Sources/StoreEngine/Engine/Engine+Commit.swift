import Columnar
import StorageIO
import Synchronization

extension Engine {
  /// Most events of one commit, and most bytes of its texts; larger batches are divided by the caller.
  package static let largestCommitRows = 1 << 20
  package static let largestCommitBytes = 256 << 20

  /// Stores batches together: one frame, one sync. Returns what became of each.
  ///
  /// Checked batches only. When it returns, the new events are durable (unless `sync` is false) and in every read. When it
  /// throws, none of them was acknowledged, and after an error of the log the engine commits nothing any more.
  package func commit(_ batches: [EventBatch], sync: Bool = true) throws(StoreError) -> [CommitReceipt] {
    guard !batches.isEmpty else { return [] }
    var combined = batches[0]
    if batches.count > 1 {
      // By place: an iterator would copy each batch, which is many references.
      for place in batches.indices.dropFirst() { combined.append(batches[place]) }
    }
    return try commit(&combined, counts: batches.indices.map { batches[$0].count }, sync: sync)
  }

  /// Stores one batch, as which several were put together end to end: `counts` are their lengths. Events that came
  /// without an id have one afterwards.
  package func commit(
    _ combined: inout EventBatch, counts: [Int], sync: Bool = true
  ) throws(StoreError) -> [CommitReceipt] {
    guard combined.count <= Self.largestCommitRows, combined.memory <= Self.largestCommitBytes else {
      throw StoreError(
        .invalidArgument,
        "a commit of \(combined.count) events and \(combined.memory) bytes; divide it below "
          + "\(Self.largestCommitRows) events and \(Self.largestCommitBytes) bytes")
    }
    assignIDs(&combined)
    return Self.receipts(try commit(combined, sync: sync), counts: counts)
  }

  struct Outcome {
    var sequence: UInt64 = 0
    var refused = Classification()
  }

  private func commit(_ batch: EventBatch, sync: Bool) throws(StoreError) -> Outcome {
    var failure: StoreError?
    var outcome = Outcome()
    let routed = RoutedBatch(batch, partitions: identity.partitions, hashSeed: identity.hashSeed)
    writer.withLock { writer in
      do throws(StoreError) {
        guard writer != nil else { throw StoreError(.closed, "the store is not open for appending") }
        if let failure = writer!.failure { throw failure }
        let fresh = try claim(routed, &outcome.refused)
        guard !fresh.batch.isEmpty else {
          // Duplicates of buffered events are acknowledged only when those are durable.
          if sync { try Self.guarded(&writer!) { (log: inout LogWriter) throws(StoreError) in try log.sync() } }
          outcome.sequence = writer!.log.nextSequence - 1
          return
        }
        let raw = EventSection.encode(fresh.batch)
        try Self.guarded(&writer!) { (log: inout LogWriter) throws(StoreError) in
          outcome.sequence = try log.append(raw, events: fresh.batch.count)
          if sync { try log.sync() }
        }
        for share in fresh.shares {
          partitions[share.partition].apply(fresh.batch, share.rows, sequence: outcome.sequence)
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return outcome
  }

  /// Runs a step on the log; once one fails, the log's content is in doubt and every later one fails too.
  static func guarded(
    _ writer: inout Writer, _ body: (inout LogWriter) throws(StoreError) -> Void
  ) throws(StoreError) {
    do {
      try body(&writer.log)
    } catch {
      writer.failure = StoreError(
        .closed, file: error.file, "stopped after a failure of the log (\(error.reason)); reopen the store")
      throw error
    }
  }

  /// The events that are not stored yet, and the rows of each partition.
  private struct Fresh {
    var batch: EventBatch
    var shares: [(partition: Int, rows: ArraySlice<UInt32>)]
  }

  /// Takes up the identities of the events that are not stored yet; of the others it tells why.
  ///
  /// Only the look-ups in files can fail, and they come first. After that either the log takes the events, or the engine
  /// stops, so that no identity is taken up in vain.
  private func claim(_ routed: RoutedBatch, _ refused: inout Classification) throws(StoreError) -> Fresh {
    let numbers = routed.partitions
    for number in numbers { try partitions[number].findStored(routed, into: &refused) }
    let stored = (refused.duplicates + refused.conflicts).sorted()
    var fresh: [(partition: Int, rows: [UInt32])] = []
    for number in numbers {
      fresh.append((number, partitions[number].claim(routed, refused: stored, into: &refused)))
    }
    if refused.isEmpty, routed.batch.isCompact {
      return Fresh(batch: routed.batch, shares: fresh.map { ($0.partition, $0.rows[...]) })
    }
    // The frame holds the new events only.
    var rows: [UInt32] = []
    var shares: [(partition: Int, rows: ArraySlice<UInt32>)] = []
    for share in fresh where !share.rows.isEmpty {
      let start = UInt32(rows.count)
      rows += share.rows
      shares.append((share.partition, [UInt32](start..<UInt32(rows.count))[...]))
    }
    return Fresh(batch: routed.batch.gather(rows), shares: shares)
  }

  /// Gives a fresh id to events that came without one (all bits zero).
  private func assignIDs(_ batch: inout EventBatch) {
    for row in 0..<batch.count where batch.eventIDHigh[row] == 0 && batch.eventIDLow[row] == 0 {
      let id = EventID(
        version7At: Timestamp(microseconds: environment.clock.now()), random: environment.entropy.next(),
        environment.entropy.next())
      batch.eventIDHigh[row] = id.high
      batch.eventIDLow[row] = id.low
    }
  }

  /// Divides the outcome of a combined batch among the batches it came from.
  static func receipts(_ outcome: Outcome, counts: [Int]) -> [CommitReceipt] {
    var receipts = counts.map { CommitReceipt(sequence: outcome.sequence, stored: $0) }
    if outcome.refused.isEmpty { return receipts }
    var starts: [Int] = []
    var start = 0
    for count in counts {
      starts.append(start)
      start += count
    }
    func owner(_ row: Int) -> Int {
      var low = 0
      var high = starts.count
      while low + 1 < high {
        let middle = (low + high) / 2
        if starts[middle] <= row { low = middle } else { high = middle }
      }
      // Empty batches share their start with the next one, which owns the row.
      return low
    }
    for row in outcome.refused.duplicates {
      let index = owner(Int(row))
      receipts[index].duplicates += 1
      receipts[index].stored -= 1
    }
    for row in outcome.refused.conflicts.sorted() {
      let index = owner(Int(row))
      receipts[index].conflicts.append(Int(row) - starts[index])
      receipts[index].stored -= 1
    }
    return receipts
  }
}
