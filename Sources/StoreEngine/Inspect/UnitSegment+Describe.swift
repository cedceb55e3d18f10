import Columnar

extension UnitSegment {
  /// An annotated dump of the file: its row groups and their pages.
  package func describe() throws(StoreError) -> [DumpLine] {
    var lines = [
      DumpLine(0, FileHeader.length, "file header", "GRUNIT01, version \(version), file id \(fileID)"),
      DumpLine(
        0, bytes.count, "unit segment",
        "\(rows) versions, frames \(bounds.smallestSequence) to \(bounds.largestSequence), updated_at "
          + "\(Timestamp(microseconds: bounds.smallestUpdatedAt)) to \(Timestamp(microseconds: bounds.largestUpdatedAt))"
      ),
    ]
    if let dictionary = footer.dictionary { lines.append(DumpLine(dictionary, "dictionary", "")) }
    for (number, entry) in footer.groups.enumerated() {
      let group = try group(number, keeps: false)
      let first = Identifier.decode(entry.firstUser) ?? "?"
      let last = Identifier.decode(entry.lastUser) ?? "?"
      for page in group.header.pages {
        let form = page.usesDictionary ? "\(page.rows) rows, with the dictionary" : "\(page.rows) rows"
        lines.append(DumpLine(page.reference, "  contents", form))
      }
      lines.append(DumpLine(group.header.keys, "  keys", ""))
      lines.append(DumpLine(group.header.fields, "  fields", ""))
      lines.append(DumpLine(group.header.titles, "  titles", ""))
      lines.append(DumpLine(group.header.metadata, "  metadata", ""))
      if let filter = entry.metadataFilter {
        lines.append(DumpLine(filter.page, "  filter of metadata", try metadataFilter(number)?.description ?? ""))
      }
      if let page = entry.metadataStatistics.reference {
        lines.append(DumpLine(page, "  statistics of metadata", try metadataStatistics(number)?.description ?? ""))
      }
      lines.append(DumpLine(entry.header, "row group \(number)", "\(entry.rows) rows, users \(first) to \(last)"))
    }
    lines.append(DumpLine(footer.filter, "filter", "\(try loadFilter().description)"))
    for size in sizes { lines.append(DumpLine(0, size.bytes, "bytes of \(size.name)", "")) }
    return lines
  }
}
