import GrowthRing

/// Stores what the decoder hands over, batch after batch, and counts what became of it.
///
/// Batches are stored one at a time, in their order, so that of two events that contradict each other the first one in
/// the file is always the one that stays; decoding goes on meanwhile.
struct IngestRun {
  private static let shownRows = 10

  let store: GrowthStore
  /// Where bad rows go; nil stops at the first batch that has one.
  let quarantine: OutputSink?
  private(set) var summary = IngestSummary()

  init(store: GrowthStore, quarantine: OutputSink?) {
    self.store = store
    self.quarantine = quarantine
  }

  mutating func run(_ reader: RecordReader, isQuiet: Bool) async throws {
    var progress = ProgressLine(isQuiet: isQuiet)
    let channel = reader.start()
    defer {
      progress.clear()
      summary.seconds = progress.seconds
    }
    do {
      while let message = await channel.next() {
        let decoded = try message.get()
        try await take(decoded)
        summary.bytes = decoded.bytes
        let read = summary.read
        let rate = Int(Double(read) / max(0.001, progress.seconds))
        progress.update(
          fraction: decoded.fraction, "\(NumberText.counted(read, "event"))  \(NumberText.grouped(rate))/s")
        reader.pool.giveBack(decoded.batch)
      }
      try quarantine?.flush()
    } catch {
      channel.cancel()
      progress.clear()
      try quarantine?.flush()
      throw summary.extended(error)
    }
  }

  private mutating func take(_ decoded: DecodedBatch) async throws {
    var bad = decoded.rejected.map { BadRow($0, file: decoded.file) }
    let unreadable = bad.count
    if unreadable > 0, quarantine == nil { throw stop(bad, storedOfBatch: 0) }
    var conflicts = 0
    if !decoded.batch.isEmpty {
      let receipt: AppendReceipt
      do throws(StoreError) {
        receipt = try await store.append(decoded.batch, mode: quarantine == nil ? .strict : .lenient)
      } catch {
        guard error.kind == .rejected else { throw error }
        throw stop(error.rejections.map { BadRow($0, of: decoded) }, storedOfBatch: 0)
      }
      // One row may break several rules.
      let refused = Set(receipt.rejections.map(\.row)).count
      conflicts = receipt.rejections.count { $0.reason == .conflict }
      summary.stored += receipt.stored
      summary.duplicates += receipt.duplicates
      summary.conflicts += conflicts
      summary.rejected += refused - conflicts
      bad += receipt.rejections.map { BadRow($0, of: decoded) }
      if conflicts > 0, quarantine == nil { throw stop(bad, storedOfBatch: receipt.stored) }
    }
    summary.rejected += unreadable
    guard let quarantine else { return }
    // In the order of the file.
    for row in bad.sorted(by: { $0.record < $1.record }) {
      quarantine.buffer.append(contentsOf: row.quarantineLine)
      try quarantine.drain()
    }
  }

  /// The error that names bad rows.
  private func stop(_ bad: [BadRow], storedOfBatch: Int) -> CommandFailure {
    var lines: [String] = []
    for row in bad.prefix(Self.shownRows) {
      lines.append(lines.isEmpty ? "\(row.file): \(row.description)" : "  \(row.description)")
    }
    if bad.count > Self.shownRows { lines.append("  and \(bad.count - Self.shownRows) more in this batch") }
    if storedOfBatch > 0 { lines.append("  The other events of this batch are stored.") }
    return CommandFailure(
      lines.joined(separator: "\n"),
      "Correct the input and run the same command again: what is stored already changes nothing. "
        + "Or put bad rows aside with --quarantine FILE.")
  }
}
