package import Columnar

/// Writes a segment from rows in their final order, with one row group in memory.
///
/// Beside the row group it keeps eight bytes a row, the hash of its key, for the filter that stands at the end.
package final class SegmentWriter {
  private let fileID: UInt64
  private let hashSeed: UInt64
  let codec: Codec
  let level: Int32
  private let metadataLimit: Int
  private let output: FileOutput
  private var pending = EventBatch()
  private var rowGroups: [SegmentFooter.RowGroupEntry] = []
  private var keyHashes: [UInt64] = []
  private var days = EventDayCollector()
  private var sizes: [(name: String, bytes: Int)] = []
  private var isStarted = false

  /// Begins a segment at the start of an empty file. `hashSeed` is the store's; a row group ends where its distinct
  /// metadata have outgrown `metadataLimit` bytes.
  package init(
    fileID: UInt64, hashSeed: UInt64, codec: Codec, level: Int32 = 3,
    metadataLimit: Int = SegmentLayout.metadataLimit, expectedRows: Int = 0, output: FileOutput
  ) {
    keyHashes.reserveCapacity(expectedRows)
    self.fileID = fileID
    self.hashSeed = hashSeed
    self.codec = codec
    self.level = level
    self.metadataLimit = metadataLimit
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
        batch, order: order[next..<end], recoder: &recoder, metadataLimit: metadataLimit)
      assert(boundary == 0 || pending.compareRows(boundary - 1, boundary) <= 0, "rows out of order")
      if pending.count == SegmentLayout.rowsPerRowGroup
        || pending.metadatas.arena.count > metadataLimit
      {
        try closePending()
        recoder.reset()
      }
    }
  }

  /// Writes the rows of `batch` in the given order as row groups, the last one perhaps a small one. Cheaper than `append`,
  /// which must look texts up, since the next rows may have the same.
  package func appendGroups(_ batch: EventBatch, order: [UInt32]) throws(StoreError) {
    guard pending.isEmpty else { return try append(batch, order: order) }
    var rest = order[...]
    while !rest.isEmpty {
      let rows = rest.prefix(
        batch.rowsBelow(metadataLimit: metadataLimit, rest.prefix(SegmentLayout.rowsPerRowGroup)))
      try writeRowGroup(batch.numbered(rows))
      rest = rest[rows.endIndex...]
    }
  }

  /// Writes all rows of `batch`, no more than a row group may have, as one; its texts are numbered by first appearance. Where
  /// rows of an `append` before are left, or metadata are far beyond their limit, as `append` does.
  func appendGroup(_ batch: EventBatch) throws(StoreError) {
    guard pending.isEmpty, batch.metadatas.arena.count <= 2 * metadataLimit else { return try append(batch) }
    try writeRowGroup(batch)
  }

  /// Appends all rows of `batch` as they stand.
  package func append(_ batch: EventBatch) throws(StoreError) {
    try append(batch, order: [UInt32](0..<UInt32(batch.count)))
  }

  /// Writes what is left, the filter and the footer. The file is complete but not yet synced. A segment has at least one
  /// row; without any this throws `.invalidArgument`.
  package func finish() throws(StoreError) -> SegmentSummary {
    if !pending.isEmpty { try closePending() }
    guard let first = rowGroups.first else {
      throw StoreError(.invalidArgument, file: output.path, "a segment without rows cannot be written")
    }
    let (filterKind, filterBytes) = KeyFilter.build(keyHashes)
    let filter = try output.store(filterBytes, codec: .none, fileID: fileID)
    note("filter", filter)
    let footer = SegmentFooter(
      rows: keyHashes.count,
      smallest: rowGroups.reduce(first.smallest) { min($0, $1.smallest) },
      largest: rowGroups.reduce(first.largest) { max($0, $1.largest) },
      filter: filter, filterKind: filterKind, rowGroups: rowGroups, days: days.result, sizes: sizes)
    // Before the footer is stored the offset is its own.
    let page = try output.store(footer.encoded(), codec: codec, level: level, fileID: fileID)
    try output.append(SegmentTrailer(footer: page).encoded(fileID: fileID, offset: output.offset))
    try output.flush()
    return SegmentSummary(
      fileID: fileID, fileLength: output.offset, rows: footer.rows, smallestCreatedAt: footer.smallest,
      largestCreatedAt: footer.largest)
  }

  // MARK: Row groups

  private func closePending() throws(StoreError) {
    try writeRowGroup(pending)
    pending.removeAll(keepingCapacity: true)
  }

  private func writeRowGroup(_ rows: EventBatch) throws(StoreError) {
    if !isStarted {
      try output.append(FileHeader(kind: .segment, fileID: fileID).encoded)
      isStarted = true
    }
    days.insert(high: rows.eventIDHigh, low: rows.eventIDLow)
    keyHashes += rows.keyHashes(hashSeed: hashSeed)
    var encoder = RowGroupEncoder(rows)
    var header = RowGroupHeader(rows: rows.count)
    for column in TextColumn.allCases {
      header.texts.append(
        try encoder.storeText(column) { raw, content throws(StoreError) in try store(raw, content, column.name) })
    }
    header.times = try encoder.storeTimes { raw, content throws(StoreError) in
      try store(raw, content, "created_at")
    }
    header.eventIDs = try encoder.storeEventIDs { raw, content throws(StoreError) in
      try store(raw, content, "event_id")
    }
    (header.deltaModel, header.deltas) = try encoder.storeDeltas { raw, content throws(StoreError) in
      try store(raw, content, "delta")
    }
    let metadataFilter = try encoder.storeMetadataFilter { raw, content throws(StoreError) in
      try store(raw, content, "metadata filter")
    }
    let metadataStatistics = try encoder.storeMetadataStatistics { raw, content throws(StoreError) in
      try store(raw, content, "metadata statistics")
    }
    var writer = ByteWriter()
    header.append(to: &writer)
    let page = try store(writer.bytes, .texts, "row group headers")
    rowGroups.append(
      SegmentFooter.RowGroupEntry(
        rows, 0..<rows.count, header: page,
        smallest: header.times.reduce(Int64.max) { min($0, $1.smallest) },
        largest: header.times.reduce(Int64.min) { max($0, $1.largest) }, metadataFilter: metadataFilter,
        metadataStatistics: metadataStatistics))
  }

  private func store(_ raw: [UInt8], _ content: PageContent, _ name: String) throws(StoreError) -> PageReference {
    let level = content == .texts ? level : min(level, SegmentLayout.levelOfNumbers)
    let codec = content == .noise || (content == .random && self.codec != .zstd) ? .none : self.codec
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
