import Columnar

extension UnitSegment {
  /// Reads every page as the disk has it now, and checks it against its checksum.
  package func verifyChecksums() throws(StoreError) {
    try check(footer.filter)
    for number in footer.groups.indices {
      _ = try metadataFilter(number)
      _ = try metadataStatistics(number)
    }
    if let dictionary = footer.dictionary { try check(dictionary) }
    if let rowsElsewhere {
      for entry in footer.groups { try check(entry.header) }
      return try rowsElsewhere.verify()
    }
    for entry in footer.groups {
      let header = try read(entry.header) { (reader) throws(FormatError) in
        try UnitGroupHeader(&reader, rows: entry.rows, endingBy: entry.header.offset)
      }
      for page in [header.keys, header.fields, header.titles, header.metadata] { try check(page) }
      for page in header.pages { try check(page.reference) }
    }
  }

  private func check(_ page: PageReference) throws(StoreError) {
    guard page.offset <= bytes.count, page.storedLength <= bytes.count - page.offset,
      XXH3.hash(bytes.slice(page.offset, page.storedLength), seed: fileID &+ UInt64(page.offset)) == page.checksum
    else {
      throw StoreError(
        .corruption, file: path, offset: page.offset,
        "a page of \(page.storedLength) bytes does not match its checksum")
    }
  }

  /// Proves that everything is as the format says: checksums, order, bounds, the filters, statistics, and that texts are
  /// UTF-8.
  package func verify(hashSeed: UInt64) throws(StoreError) {
    try verifyChecksums()
    let filter = try loadFilter()
    var last: UnitVersion?
    var all = UnitBounds()
    for (number, entry) in footer.groups.enumerated() {
      let group = try group(number, keeps: false)
      var bounds = UnitBounds()
      var audit = MetadataAudit(try metadataFilter(number), try metadataStatistics(number))
      var metadata = ByteStringDictionary()
      for row in 0..<group.rows {
        let version = try versionWithContent(group, row)
        if let last, UnitVersion.compare(last, version) >= 0 { throw damage(entry, "row \(row) is out of order") }
        guard filter.mayContain(version.hash(hashSeed: hashSeed)) else {
          throw damage(entry, "the filter does not know the unit of row \(row)")
        }
        let texts = [version.fields.title, version.fields.metadata, version.content.array]
        guard texts.allSatisfy({ String(validating: $0, as: UTF8.self) != nil }) else {
          throw damage(entry, "a text of row \(row) is not valid UTF-8")
        }
        let (known, code) = (metadata.count, metadata.intern(version.fields.metadata))
        if Int(code) == known, entry.hasMetadataIndex, !audit.knows(code, of: metadata) {
          throw damage(entry, "the metadata of row \(row) are unknown to their filter")
        }
        bounds.add(sequence: version.sequence, updatedAt: version.updatedAt)
        last = version
      }
      guard audit.holds() else { throw damage(entry, "the statistics of metadata are not those of the row group") }
      guard bounds == entry.bounds, group.compare(0, entry.firstUser, entry.firstMUID) == 0,
        group.compare(group.rows - 1, entry.lastUser, entry.lastMUID) == 0
      else { throw damage(entry, "the footer states other bounds than the rows of a row group have") }
      all.add(bounds)
    }
    guard all == footer.bounds else {
      throw StoreError(.corruption, file: path, "the footer states other bounds than the rows have")
    }
  }

  private func damage(_ entry: UnitSegmentFooter.Group, _ reason: String) -> StoreError {
    StoreError(.corruption, file: path, offset: entry.header.offset, reason)
  }
}
