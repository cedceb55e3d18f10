import Columnar

extension ArchiveIndex {
  /// An annotated dump of the index of an archived file.
  static func describe(_ file: Bytes, path: String) throws(StoreError) -> [DumpLine] {
    let opened = try open(file, path: path)
    let (trailer, index) = (opened.trailer, opened.index)
    var lines = [
      DumpLine(opened.header),
      DumpLine(index.file.filter, "filter of keys", "of \(index.rows) keys"),
    ]
    for (number, slice) in index.slices.enumerated() {
      guard let filter = slice.entry.metadataFilter else { continue }
      lines.append(DumpLine(filter.page, "filter of metadata", "of slice \(number)"))
    }
    for (number, slice) in index.slices.enumerated() {
      guard let page = slice.entry.metadataStatistics.reference else { continue }
      lines.append(DumpLine(page, "statistics of metadata", "of slice \(number)"))
    }
    lines.append(
      DumpLine(
        trailer.footer, "footer",
        "\(index.file.path), \(index.file.length) bytes, \(index.rows) rows, created_at \(index.smallest) to \(index.largest)"
      ))
    for (number, slice) in index.slices.enumerated() {
      let entry = slice.entry
      lines.append(
        DumpLine(
          trailer.footer.offset, 0, "footer, slice \(number)",
          "row group \(slice.rowGroup), \(entry.rows) rows, user \(Segment.show(.user, entry.firstUser)) to "
            + "\(Segment.show(.user, entry.lastUser)), created_at \(entry.smallest) to \(entry.largest), digest "
            + StoreLayout.hex(slice.digest, digits: 16)))
    }
    lines.append(DumpLine(trailer, endingAt: file.count))
    return lines
  }
}
