package import Columnar

extension Segment {
  /// False only where no event of this key is in the segment, by the filter of keys.
  package func mayContain(keyHash: UInt64) throws(StoreError) -> Bool {
    try filter().mayContain(keyHash)
  }

  /// False only where the id cannot be in the segment, by the days of its version 7 ids. Costs no read.
  package func mayContain(idHigh: UInt64, idLow: UInt64) -> Bool {
    footer.days.mayContain(high: idHigh, low: idLow)
  }

  /// Which rows of a batch may be in the segment, by the hashes of all its rows. Days are asked before the filter, so that
  /// a segment of other days is not even touched.
  package func suspects(_ rows: DatedRows, keyHashes: [UInt64]) throws(StoreError) -> [UInt32] {
    let dated = rows.rows(in: footer.days)
    return dated.isEmpty ? dated : try filter().candidates(dated, hashes: keyHashes)
  }

  /// The row groups that may hold events of a user, given in stored form.
  package func rowGroups(user: Bytes) -> Range<Int> {
    let lower = firstGroup { Bytes.compare($0.lastUser, user) >= 0 }
    let upper = firstGroup { Bytes.compare($0.firstUser, user) > 0 }
    return lower..<max(lower, upper)
  }

  /// The row groups that may hold events of users of a range.
  package func rowGroups(users: UserRange) -> Range<Int> {
    let from = users.from.map { Bytes($0) }
    let to = users.to.map { Bytes($0) }
    let lower = from.map { from in firstGroup { Bytes.compare($0.lastUser, from) >= 0 } } ?? 0
    let upper = to.map { to in firstGroup { Bytes.compare($0.firstUser, to) >= 0 } } ?? rowGroupCount
    return lower..<max(lower, upper)
  }

  /// The row groups that may hold events of a user about an entity.
  package func rowGroups(user: Bytes, entity: Bytes) -> Range<Int> {
    let prefix = (user: Self.prefix(user), entity: Self.prefix(entity))
    var lower = 0
    var upper = bounds.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if isLast(middle, before: user, entity, prefix) { lower = middle + 1 } else { upper = middle }
    }
    let first = lower
    // Mostly it ends in the row group where it begins.
    while lower < bounds.count, !isFirst(lower, behind: user, entity, prefix) { lower += 1 }
    return first..<lower
  }

  /// The first bytes of the keys at the ends of a row group, which decide nearly every comparison.
  struct Bounds: Sendable {
    let firstUser: UInt64
    let firstEntity: UInt64
    let lastUser: UInt64
    let lastEntity: UInt64

    init(_ entry: SegmentFooter.RowGroupEntry) {
      firstUser = Segment.prefix(entry.firstUser)
      firstEntity = Segment.prefix(entry.firstEntity)
      lastUser = Segment.prefix(entry.lastUser)
      lastEntity = Segment.prefix(entry.lastEntity)
    }
  }

  /// The first eight bytes as a number of the same order, zeros behind a shorter key.
  private static func prefix(_ key: Bytes) -> UInt64 {
    if key.count >= 8 { return key.load(0, as: UInt64.self).byteSwapped }
    var value: UInt64 = 0
    for index in 0..<key.count { value |= UInt64(key[index]) << UInt64(56 - 8 * index) }
    return value
  }

  /// Whether a row group ends before (user, entity).
  private func isLast(
    _ index: Int, before user: Bytes, _ entity: Bytes, _ prefix: (user: UInt64, entity: UInt64)
  ) -> Bool {
    if bounds[index].lastUser != prefix.user { return bounds[index].lastUser < prefix.user }
    let users = Bytes.compare(footer.rowGroups[index].lastUser, user)
    if users != 0 { return users < 0 }
    if bounds[index].lastEntity != prefix.entity { return bounds[index].lastEntity < prefix.entity }
    return Bytes.compare(footer.rowGroups[index].lastEntity, entity) < 0
  }

  /// Whether a row group begins behind (user, entity).
  private func isFirst(
    _ index: Int, behind user: Bytes, _ entity: Bytes, _ prefix: (user: UInt64, entity: UInt64)
  ) -> Bool {
    if bounds[index].firstUser != prefix.user { return bounds[index].firstUser > prefix.user }
    let users = Bytes.compare(footer.rowGroups[index].firstUser, user)
    if users != 0 { return users > 0 }
    if bounds[index].firstEntity != prefix.entity { return bounds[index].firstEntity > prefix.entity }
    return Bytes.compare(footer.rowGroups[index].firstEntity, entity) > 0
  }

  /// False only where no metadata of a row group satisfy a condition, by its filter of metadata and their statistics.
  func mayMatch(_ predicate: MetadataPredicate, rowGroup index: Int) throws(StoreError) -> Bool {
    let filter = try metadataFilter(index)
    if let filter, !predicate.mayMatch(nil, { filter.mayContain($0) }) { return false }
    guard predicate.asksForRanges, let statistics = try metadataStatistics(index) else { return true }
    return predicate.mayMatch(statistics) { filter?.mayContain($0) ?? true }
  }

  /// The times of the events of a row group.
  func times(ofRowGroup index: Int) -> ClosedRange<Int64> {
    footer.rowGroups[index].smallest...footer.rowGroups[index].largest
  }

  /// The first row group for which `isBehind` holds; it holds for all after it.
  private func firstGroup(_ isBehind: (SegmentFooter.RowGroupEntry) -> Bool) -> Int {
    var lower = 0
    var upper = footer.rowGroups.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if isBehind(footer.rowGroups[middle]) { upper = middle } else { lower = middle + 1 }
    }
    return lower
  }
}
