package import Columnar

/// Writes a segment from rows in their final order, with one row group in memory.
///
/// Beside the row group it keeps eight bytes a row, the hash of its key, for the filter that stands at the end.
package final class SegmentWriter {
  private let fileID: UInt64
  private let hashSeed: UInt64
  let codec: Codec
  let level: Int32
  private let output: FileOutput
  private var pending = EventBatch()
  private var rowGroups: [SegmentFooter.RowGroupEntry] = []
  private var keyHashes: [UInt64] = []
  private var days = EventDayCollector()
  private var sizes: [(name: String, bytes: Int)] = []
  private var isStarted = false

  /// Begins a segment at the start of an empty file. `hashSeed` is the store's.
  package init(fileID: UInt64, hashSeed: UInt64, codec: Codec, level: Int32 = 3, output: FileOutput) {
    self.fileID = fileID
    self.hashSeed = hashSeed
    self.codec = codec
    self.level = level
    self.output = output
  }

  /// Rows appended so far.
  package var rows: Int { keyHashes.count + pending.count }

  /// Appends the rows of `batch` in the given order, which must continue the order of a segment (`sortedOrder()`).
  package func append(_ batch: EventBatch, order: [UInt32]) throws(StoreError) {
    assert(zip(order, order.dropFirst()).allSatisfy { batch.compareRows(Int($0), Int($1)) <= 0 }, "rows out of order")
    var recoder = BatchRecoder()
    var next = 0
    while next < order.count {
      let end = min(order.count, next + SegmentLayout.rowsPerRowGroup - pending.count)
      let boundary = pending.count
      next += pending.append(
        batch, order: order[next..<end], recoder: &recoder, metadataLimit: SegmentLayout.metadataLimit)
      assert(boundary == 0 || pending.compareRows(boundary - 1, boundary) <= 0, "rows out of order")
      if pending.count == SegmentLayout.rowsPerRowGroup
        || pending.metadatas.arena.count > SegmentLayout.metadataLimit
      {
        try closeRowGroup()
        recoder.reset()
      }
    }
  }

  /// Appends all rows of `batch` as they stand.
  package func append(_ batch: EventBatch) throws(StoreError) {
    try append(batch, order: [UInt32](0..<UInt32(batch.count)))
  }

  /// Writes what is left, the filter and the footer. The file is complete but not yet synced. A segment has at least one
  /// row; without any this throws `.invalidArgument`.
  package func finish() throws(StoreError) -> SegmentSummary {
    if !pending.isEmpty { try closeRowGroup() }
    guard let first = rowGroups.first else {
      throw StoreError(.invalidArgument, file: output.path, "a segment without rows cannot be written")
    }
    let filter = try output.store(KeyFilter.build(keyHashes), codec: .none, fileID: fileID)
    note("filter", filter)
    let footer = SegmentFooter(
      rows: keyHashes.count,
      smallest: rowGroups.reduce(first.smallest) { min($0, $1.smallest) },
      largest: rowGroups.reduce(first.largest) { max($0, $1.largest) },
      filter: filter, rowGroups: rowGroups, days: days.result, sizes: sizes)
    // Before the footer is stored the offset is its own.
    let page = try output.store(footer.encoded(), codec: codec, level: level, fileID: fileID)
    try output.append(SegmentTrailer(footer: page).encoded(fileID: fileID, offset: output.offset))
    try output.flush()
    return SegmentSummary(
      fileID: fileID, fileLength: output.offset, rows: footer.rows, smallestCreatedAt: footer.smallest,
      largestCreatedAt: footer.largest)
  }

  // MARK: Row groups

  private func closeRowGroup() throws(StoreError) {
    if !isStarted {
      try output.append(FileHeader(kind: .segment, fileID: fileID).encoded)
      isStarted = true
    }
    collectKeys()
    let encoder = RowGroupEncoder(pending)
    var header = RowGroupHeader(rows: pending.count)
    for column in TextColumn.allCases {
      header.texts.append(try encoder.storeText(column) { raw throws(StoreError) in try store(raw, column.name) })
    }
    header.times = try encoder.storeTimes { raw throws(StoreError) in try store(raw, "created_at") }
    header.eventIDs = try encoder.storeEventIDs { raw throws(StoreError) in try store(raw, "event_id") }
    header.deltas = try encoder.storeDeltas { raw throws(StoreError) in try store(raw, "delta") }
    var writer = ByteWriter()
    header.append(to: &writer)
    let last = pending.count - 1
    let page = try store(writer.bytes, "row group headers")
    rowGroups.append(
      SegmentFooter.RowGroupEntry(
        rows: pending.count, header: page,
        firstUser: Bytes(pending.users.bytes(pending.user[0])),
        firstEntity: Bytes(pending.entities.bytes(pending.entity[0])),
        lastUser: Bytes(pending.users.bytes(pending.user[last])),
        lastEntity: Bytes(pending.entities.bytes(pending.entity[last])),
        smallest: header.times.reduce(Int64.max) { min($0, $1.smallest) },
        largest: header.times.reduce(Int64.min) { max($0, $1.largest) }))
    pending.removeAll(keepingCapacity: true)
  }

  private func collectKeys() {
    days.insert(high: pending.eventIDHigh, low: pending.eventIDLow)
    let users = pending.users
    let userHashes = (0..<UInt32(users.count)).map { code in
      XXH3.hash(users.arena, users.start(code), users.length(code), seed: hashSeed)
    }
    for row in 0..<pending.count {
      keyHashes.append(
        keyHash(
          userHash: userHashes[Int(pending.user[row])], high: pending.eventIDHigh[row], low: pending.eventIDLow[row]))
    }
  }

  private func store(_ raw: [UInt8], _ name: String) throws(StoreError) -> PageReference {
    let page = try output.store(raw, codec: codec, level: level, fileID: fileID)
    note(name, page)
    return page
  }

  private func note(_ name: String, _ page: PageReference) {
    if let index = sizes.firstIndex(where: { $0.name == name }) {
      sizes[index].bytes += page.storedLength
    } else {
      sizes.append((name, page.storedLength))
    }
  }
}
