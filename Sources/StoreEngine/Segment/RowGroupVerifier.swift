import Columnar

/// Checks the rows of one row group, page by page, on their codes: texts are only compared where codes change.
struct RowGroupVerifier {
  /// The key of a row group's last row.
  struct LastRow {
    var texts: [Bytes]
    var createdAt: Int64
    var id: EventID
  }

  /// What must be known of the row before.
  private struct Row {
    var codes: [UInt32]
    var createdAt: Int64
    var high: UInt64
    var low: UInt64
  }

  private let group: RowGroup
  private let entry: SegmentFooter.RowGroupEntry
  private let filter: KeyFilter
  private let hashSeed: UInt64
  private let before: LastRow?
  private var previous: Row?
  /// By text column: the code that must appear next.
  private var nextCodes = [UInt32](repeating: 0, count: TextColumn.allCases.count)
  /// Of metadata, whose numbers tell nothing: which are used.
  private var usedMetadata: [Bool] = []
  private var userHashes: [UInt64] = []
  /// By column of the key.
  private var keyTexts: [KeyTexts] = []

  init(
    _ group: RowGroup, _ entry: SegmentFooter.RowGroupEntry, filter: KeyFilter, hashSeed: UInt64, after last: LastRow?
  ) {
    self.group = group
    self.entry = entry
    self.filter = filter
    self.hashSeed = hashSeed
    before = last
  }

  /// - Throws: the first damage.
  mutating func run() throws(StoreError) -> LastRow {
    for user in try group.dictionary(.user) { userHashes.append(XXH3.hash(user.array, seed: hashSeed)) }
    for column in TextColumn.key { keyTexts.append(try KeyTexts(group, column)) }
    usedMetadata = [Bool](repeating: false, count: group.dictionarySize(.metadata))
    for page in 0..<group.pageCount { try check(page: page) }
    for column in TextColumn.allCases {
      let used = column == .metadata ? usedMetadata.count { $0 } : Int(nextCodes[column.rawValue])
      guard used != group.dictionarySize(column) else { continue }
      throw damage(group.pageCount - 1, "some \(column.name) of the dictionary is used by no row")
    }
    try checkMetadata()
    guard let previous else { throw damage(0, "no rows") }
    let last = LastRow(
      texts: try texts(previous.codes), createdAt: previous.createdAt,
      id: EventID(high: previous.high, low: previous.low))
    guard last.texts[0] == entry.lastUser, last.texts[1] == entry.lastEntity else {
      throw damage(group.pageCount - 1, "the last key is not the one in the footer")
    }
    return last
  }

  /// The filter of metadata must know every path, and every value of paths that are not open; statistics must be true.
  private func checkMetadata() throws(StoreError) {
    let filter = try group.segment.metadataFilter(group.index)
    let statistics = try group.segment.metadataStatistics(group.index)
    guard filter != nil || statistics != nil else { return }
    var audit = MetadataAudit(filter, statistics)
    let texts = try group.texts(.metadata)
    for code in 0..<UInt32(texts.count) where !audit.knows(code, of: texts) {
      throw damage(0, "metadata are unknown to their filter")
    }
    guard audit.holds() else { throw damage(0, "the statistics of metadata are not those of the row group") }
  }

  private func texts(_ codes: [UInt32]) throws(StoreError) -> [Bytes] {
    var texts: [Bytes] = []
    for (column, code) in zip(TextColumn.key, codes) { texts.append(try group.string(column, code)) }
    return texts
  }

  private mutating func check(page: Int) throws(StoreError) {
    let createdAt = try group.createdAt(page: page)
    try checkBounds(page, createdAt)
    for column in TextColumn.allCases { try checkNumbers(column, page) }
    // All that is asked of deltas is that they can be read.
    guard try group.delta(page: page).count == createdAt.count else { throw damage(page, "deltas are missing") }
    var keys: [[UInt32]] = []
    for column in TextColumn.key { keys.append(try group.codes(column, page: page)) }
    let ids = try group.eventIDs(page: page)
    try checkOrder(page, keys, createdAt, ids)
    let last = createdAt.count - 1
    previous = Row(codes: keys.map { $0[last] }, createdAt: createdAt[last], high: ids.high[last], low: ids.low[last])
    let users = keys[0]
    for row in createdAt.indices {
      let hash = keyHash(userHash: userHashes[Int(users[row])], high: ids.high[row], low: ids.low[row])
      guard filter.mayContain(hash), group.segment.mayContain(idHigh: ids.high[row], idLow: ids.low[row]) else {
        throw damage(page, "an event id is unknown to the filter or to the days")
      }
    }
  }

  private func checkBounds(_ page: Int, _ createdAt: [Int64]) throws(StoreError) {
    let zone = group.header.times[page]
    guard createdAt.min() == zone.smallest, createdAt.max() == zone.largest else {
      throw damage(page, "created_at is not within its zone map")
    }
    guard zone.smallest >= max(entry.smallest, group.segment.smallestCreatedAt),
      zone.largest <= min(entry.largest, group.segment.largestCreatedAt)
    else { throw damage(page, "created_at is not within the bounds of the footer") }
  }

  private mutating func checkNumbers(_ column: TextColumn, _ page: Int) throws(StoreError) {
    if column == .metadata {
      for code in try group.codes(column, page: page) { usedMetadata[Int(code)] = true }
      return
    }
    var next = nextCodes[column.rawValue]
    for code in try group.codes(column, page: page) where code >= next {
      guard code == next else { throw damage(page, "\(column.name) is not numbered as it appears") }
      next += 1
    }
    nextCodes[column.rawValue] = next
  }

  /// Texts of columns are only compared where codes change.
  private func checkOrder(
    _ page: Int, _ keys: [[UInt32]], _ createdAt: [Int64], _ ids: (high: [UInt64], low: [UInt64])
  ) throws(StoreError) {
    try checkFirst(page, keys, createdAt[0], EventID(high: ids.high[0], low: ids.low[0]))
    let (user, entity, type, dimension) = (keys[0], keys[1], keys[2], keys[3])
    var isOrdered = true
    for row in 1..<max(1, createdAt.count) {
      let before = row &- 1
      if user[row] != user[before] {
        isOrdered = isOrdered && keyTexts[0].compare(user[before], user[row]) < 0
      } else if entity[row] != entity[before] {
        isOrdered = isOrdered && keyTexts[1].compare(entity[before], entity[row]) < 0
      } else if type[row] != type[before] {
        isOrdered = isOrdered && keyTexts[2].compare(type[before], type[row]) < 0
      } else if dimension[row] != dimension[before] {
        isOrdered = isOrdered && keyTexts[3].compare(dimension[before], dimension[row]) < 0
      } else if createdAt[row] != createdAt[before] {
        isOrdered = isOrdered && createdAt[before] < createdAt[row]
      } else {
        isOrdered = isOrdered && (ids.high[before], ids.low[before]) < (ids.high[row], ids.low[row])
      }
    }
    guard isOrdered else { throw damage(page, "rows are out of order") }
  }

  /// The first row of a page against the row before it.
  private func checkFirst(
    _ page: Int, _ keys: [[UInt32]], _ createdAt: Int64, _ id: EventID
  ) throws(StoreError) {
    let codes = keys.map { $0[0] }
    let texts = try texts(codes)
    if page == 0 {
      guard texts[0] == entry.firstUser, texts[1] == entry.firstEntity else {
        throw damage(page, "the first key is not the one in the footer")
      }
    }
    var order = 0
    var last: (createdAt: Int64, id: EventID)?
    if let previous {
      for (column, code) in codes.enumerated() where order == 0 && previous.codes[column] != code {
        order = keyTexts[column].compare(previous.codes[column], code) < 0 ? -1 : 1
      }
      last = (previous.createdAt, EventID(high: previous.high, low: previous.low))
    } else if let before {
      for (earlier, later) in zip(before.texts, texts) where order == 0 { order = Bytes.compare(earlier, later) }
      last = (before.createdAt, before.id)
    }
    guard let last else { return }
    if order == 0 { order = last.createdAt < createdAt || (last.createdAt == createdAt && last.id < id) ? -1 : 1 }
    guard order < 0 else { throw damage(page, "rows are out of order") }
  }

  private func damage(_ page: Int, _ reason: String) -> StoreError {
    StoreError(
      .corruption, file: group.segment.path, offset: group.header.times[page].page.offset,
      "row group \(group.index), rows from \(page * SegmentLayout.rowsPerPage): \(reason)")
  }
}
