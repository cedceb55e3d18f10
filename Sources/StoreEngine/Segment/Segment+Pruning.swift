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
    let lower = firstGroup {
      SegmentFooter.RowGroupEntry.compare($0.lastUser, $0.lastEntity, user, entity) >= 0
    }
    let upper = firstGroup {
      SegmentFooter.RowGroupEntry.compare($0.firstUser, $0.firstEntity, user, entity) > 0
    }
    return lower..<max(lower, upper)
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
