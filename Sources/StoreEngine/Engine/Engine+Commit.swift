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
      for batch in batches.dropFirst() { combined.append((0..<UInt32(batch.count)).map { $0 }, of: batch) }
    }
    guard combined.count <= Self.largestCommitRows, combined.memory <= Self.largestCommitBytes else {
      throw StoreError(
        .invalidArgument,
        "a commit of \(combined.count) events and \(combined.memory) bytes; divide it below "
          + "\(Self.largestCommitRows) events and \(Self.largestCommitBytes) bytes")
    }
    assignIDs(&combined)
    let outcome = try commit(combined, sync: sync)
    return Self.receipts(outcome, batches: batches)
  }

  private struct Outcome {
    var sequence: UInt64
    var duplicates: [UInt32]
    var conflicts: [UInt32]
  }

  private struct Share {
    let partition: Partition
    let section: EventBatch
    let raw: [UInt8]
  }

  private func commit(_ batch: EventBatch, sync: Bool) throws(StoreError) -> Outcome {
    var failure: StoreError?
    var outcome = Outcome(sequence: 0, duplicates: [], conflicts: [])
    writer.withLock { writer in
      do throws(StoreError) {
        guard writer != nil else { throw StoreError(.closed, "the store is not open for appending") }
        if let failure = writer!.failure { throw failure }
        let shares = try share(batch, &outcome)
        guard !shares.isEmpty else {
          // Duplicates of buffered events are acknowledged only when those are durable.
          if sync { try Self.guarded(&writer!) { (log: inout LogWriter) throws(StoreError) in try log.sync() } }
          outcome.sequence = writer!.log.nextSequence - 1
          return
        }
        try Self.guarded(&writer!) { (log: inout LogWriter) throws(StoreError) in
          outcome.sequence = try log.append(
            shares.map { ($0.partition.number, $0.section.count, $0.raw) })
          if sync { try log.sync() }
        }
        for share in shares { share.partition.apply(share.section, sequence: outcome.sequence) }
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

  /// Divides a batch by partition, without the events that are stored already.
  private func share(_ batch: EventBatch, _ outcome: inout Outcome) throws(StoreError) -> [Share] {
    var shares: [Share] = []
    for (number, rows) in route(batch).enumerated() where !rows.isEmpty {
      let partition = partitions[number]
      let section = rows.count == batch.count ? batch : batch.gather(rows)
      let classification = try partition.classify(section)
      outcome.duplicates += classification.duplicates.map { rows[Int($0)] }
      outcome.conflicts += classification.conflicts.map { rows[Int($0)] }
      if classification.fresh.isEmpty { continue }
      let fresh =
        classification.fresh.count == section.count && rows.count < batch.count
        ? section : section.gather(classification.fresh)
      shares.append(Share(partition: partition, section: fresh, raw: EventSection.encode(fresh)))
    }
    return shares
  }

  /// The rows of each partition, in order.
  private func route(_ batch: EventBatch) -> [[UInt32]] {
    let homes = (0..<UInt32(batch.users.count)).map { code in
      identity.partition(
        ofUserHash: XXH3.hash(
          batch.users.arena, batch.users.start(code), batch.users.length(code), seed: identity.hashSeed))
    }
    var rows = [[UInt32]](repeating: [], count: identity.partitions)
    for row in 0..<batch.count { rows[homes[Int(batch.user[row])]].append(UInt32(row)) }
    return rows
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
  private static func receipts(_ outcome: Outcome, batches: [EventBatch]) -> [CommitReceipt] {
    var receipts = batches.map { CommitReceipt(sequence: outcome.sequence, stored: $0.count) }
    var starts: [Int] = []
    var start = 0
    for batch in batches {
      starts.append(start)
      start += batch.count
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
    for row in outcome.duplicates {
      let index = owner(Int(row))
      receipts[index].duplicates += 1
      receipts[index].stored -= 1
    }
    for row in outcome.conflicts.sorted() {
      let index = owner(Int(row))
      receipts[index].conflicts.append(Int(row) - starts[index])
      receipts[index].stored -= 1
    }
    return receipts
  }
}
