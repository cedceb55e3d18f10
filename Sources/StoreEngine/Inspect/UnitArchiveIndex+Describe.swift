import Columnar

extension UnitArchiveIndex {
  /// An annotated dump of the index of archived memory units.
  static func describe(_ file: Bytes, path: String) throws(StoreError) -> [DumpLine] {
    let opened = try open(file, path: path)
    let (trailer, index) = (opened.trailer, opened.index)
    let bounds = index.footer.bounds
    var lines = [DumpLine(opened.header)]
    for (number, group) in index.footer.groups.enumerated() {
      lines.append(DumpLine(group.header, "hashes of contents", "of row group \(number)"))
      if let filter = group.metadataFilter {
        lines.append(DumpLine(filter.page, "filter of metadata", "of row group \(number)"))
      }
      guard let page = group.metadataStatistics.reference else { continue }
      lines.append(DumpLine(page, "statistics of metadata", "of row group \(number)"))
    }
    lines.append(DumpLine(index.file.filter, "filter of units", ""))
    lines.append(
      DumpLine(
        trailer.footer, "footer",
        "\(index.file.path), \(index.file.length) bytes, \(index.footer.rows) versions, frames \(bounds.smallestSequence) to "
          + "\(bounds.largestSequence), updated_at \(Timestamp(microseconds: bounds.smallestUpdatedAt)) to "
          + "\(Timestamp(microseconds: bounds.largestUpdatedAt))"))
    for (number, group) in index.footer.groups.enumerated() {
      let first = Identifier.decode(group.firstUser) ?? "?"
      let last = Identifier.decode(group.lastUser) ?? "?"
      lines.append(
        DumpLine(
          trailer.footer.offset, 0, "footer, row group \(number)",
          "\(group.rows) rows, users \(first) to \(last), digest " + StoreLayout.hex(index.digests[number], digits: 16))
      )
    }
    lines.append(DumpLine(trailer, endingAt: file.count))
    return lines
  }
}
