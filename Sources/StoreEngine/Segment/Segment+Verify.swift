import Columnar

extension Segment {
  /// Reads every page of the file and checks it against its checksum, its codec and the limits of its references.
  package func verifyChecksums() throws(StoreError) {
    for index in 0..<rowGroupCount {
      for (_, page) in try header(index).pages {
        do {
          _ = try page.load(from: bytes, fileID: fileID)
        } catch {
          throw StoreError(error, file: path)
        }
      }
    }
    let kind = footer.filterKind
    _ = try read(footer.filter, "filter") { (reader) throws(FormatError) in
      try KeyFilter(try reader.readBytes(reader.remaining, "filter"), kind)
    }
  }

  /// Decodes every row and checks what no checksum tells: the order of the rows, the bounds in the footer and in the
  /// zone maps, the days, and that the filter knows every key. `hashSeed` is the store's.
  package func verify(hashSeed: UInt64) throws(StoreError) {
    try verifyChecksums()
    let filter = try filter()
    var seam = EventBatch()
    for index in 0..<rowGroupCount {
      let group = try rowGroup(index)
      for page in 0..<group.pageCount {
        let rows = try group.batch(group.rows(ofPage: page), columns: .all)
        seam.append([0], of: rows)
        let isOrdered =
          (seam.count < 2 || seam.compareRows(0, 1) <= 0)
          && (1..<max(1, rows.count)).allSatisfy { rows.compareRows($0 - 1, $0) <= 0 }
        guard isOrdered else { throw damage(group, page, "rows are out of order") }
        try verify(rows, group, page, filter, hashSeed)
        seam = rows.gather([UInt32(rows.count - 1)])
      }
    }
  }

  private func verify(
    _ rows: EventBatch, _ group: RowGroup, _ page: Int, _ filter: KeyFilter, _ hashSeed: UInt64
  ) throws(StoreError) {
    let entry = footer.rowGroups[group.index]
    let times = group.header.times[page]
    guard rows.createdAt.min() == times.smallest, rows.createdAt.max() == times.largest else {
      throw damage(group, page, "created_at is not within its zone map")
    }
    guard times.smallest >= max(entry.smallest, smallestCreatedAt),
      times.largest <= min(entry.largest, largestCreatedAt)
    else { throw damage(group, page, "created_at is not within the bounds of the footer") }
    let last = rows.count - 1
    let bounds = [
      (page == 0, entry.firstUser, rows.users.bytes(rows.user[0])),
      (page == 0, entry.firstEntity, rows.entities.bytes(rows.entity[0])),
      (page == group.pageCount - 1, entry.lastUser, rows.users.bytes(rows.user[last])),
      (page == group.pageCount - 1, entry.lastEntity, rows.entities.bytes(rows.entity[last])),
    ]
    for (isBound, expected, actual) in bounds where isBound && expected.array != actual {
      throw damage(group, page, "the first or last key is not the one in the footer")
    }
    let userHashes = (0..<UInt32(rows.users.count)).map { XXH3.hash(rows.users.bytes($0), seed: hashSeed) }
    for row in 0..<rows.count {
      let high = rows.eventIDHigh[row]
      let low = rows.eventIDLow[row]
      guard mayContain(idHigh: high, idLow: low),
        filter.mayContain(Columnar.keyHash(userHash: userHashes[Int(rows.user[row])], high: high, low: low))
      else { throw damage(group, page, "an event id is unknown to the filter or to the days") }
    }
  }

  private func damage(_ group: RowGroup, _ page: Int, _ reason: String) -> StoreError {
    StoreError(
      .corruption, file: path, offset: group.header.times[page].page.offset,
      "row group \(group.index), rows from \(page * SegmentLayout.rowsPerPage): \(reason)")
  }
}
