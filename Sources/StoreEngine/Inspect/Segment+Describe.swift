import Columnar

extension Segment {
  /// An annotated dump of the file, in the order of its bytes: every page, and what footer and headers say.
  package func describe() throws(StoreError) -> [DumpLine] {
    var lines = [DumpLine(FileHeader(kind: .segment, fileID: fileID, version: version))]
    for index in 0..<rowGroupCount { try describe(rowGroup: index, into: &lines) }
    lines.append(
      DumpLine(footer.filter, "filter of keys", try filter().description))
    describeFooter(into: &lines)
    lines.append(DumpLine(trailer, endingAt: fileLength))
    return lines
  }

  private func describe(rowGroup index: Int, into lines: inout [DumpLine]) throws(StoreError) {
    let group = try rowGroup(index)
    let name = "row group \(index), "
    for column in TextColumn.allCases {
      let text = group.header.text(column)
      for page in text.dictionary.indices {
        let range = text.range(ofPage: page)
        let sample = Self.show(column, try group.string(column, UInt32(range.lowerBound)))
        lines.append(
          DumpLine(
            text.dictionary[page], name + column.name + " dictionary",
            "strings \(range.lowerBound) to \(range.upperBound - 1), from \(sample)"
              + (try group.form(column, page: page))))
      }
      if let model = text.model { lines.append(try describe(model, of: group, name + column.name)) }
      for page in text.codes.indices {
        let what = "rows \(Self.show(group.rows(ofPage: page))), \(try encoding(text.codes[page]))"
        lines.append(DumpLine(text.codes[page], name + column.name + " codes", what))
      }
    }
    for page in 0..<group.pageCount {
      let rows = "rows \(Self.show(group.rows(ofPage: page)))"
      let times = group.header.times[page]
      lines.append(
        DumpLine(
          times.page, name + "created_at",
          "\(rows), \(times.smallest) to \(times.largest), \(try encoding(times.page))"))
    }
    for page in 0..<group.pageCount {
      let reference = group.header.eventIDs[page]
      let mode = try read(page: reference)[0] == 1 ? "version 7" : "plain"
      lines.append(DumpLine(reference, name + "event_id", "rows \(Self.show(group.rows(ofPage: page))), \(mode)"))
    }
    if let model = group.header.deltaModel { lines.append(try describe(model, of: group, name + "delta")) }
    for page in 0..<group.pageCount {
      let reference = group.header.deltas[page]
      lines.append(
        DumpLine(
          reference, name + "delta", "rows \(Self.show(group.rows(ofPage: page))), \(try encoding(reference))"))
    }
    let entry = footer.rowGroups[index]
    if let filter = entry.metadataFilter {
      lines.append(
        DumpLine(filter.page, name + "filter of metadata", try metadataFilter(index)?.description ?? ""))
    }
    if let page = entry.metadataStatistics.reference {
      lines.append(
        DumpLine(page, name + "statistics of metadata", try metadataStatistics(index)?.description ?? ""))
    }
    lines.append(
      DumpLine(
        entry.header, name + "header",
        "\(entry.rows) rows, user \(Self.show(.user, entry.firstUser)) to \(Self.show(.user, entry.lastUser)),"
          + " created_at \(entry.smallest) to \(entry.largest)"))
  }

  private func describe(
    _ model: RowGroupHeader.Model, of group: RowGroup, _ name: String
  ) throws(StoreError) -> DumpLine {
    let lists = try group.read(model)
    return DumpLine(
      model.page, name + " model",
      "\(lists.values.count) frequent values by \(lists.classCount) of \(model.column.name)")
  }

  private func describeFooter(into lines: inout [DumpLine]) {
    let page = trailer.footer
    lines.append(
      DumpLine(page, "footer", "\(rows) rows, created_at \(smallestCreatedAt) to \(largestCreatedAt)"))
    let days = footer.days
    let known = days.isUnknown ? "too many to list" : "\(days.days.count), \(days.days.first ?? 0) on"
    lines.append(
      DumpLine(page.offset, 0, "footer, days of event ids", known + (days.hasOtherIDs ? ", and other ids" : "")))
    for size in sizes {
      let perRow = Double(size.bytes * 100 / rows) / 100
      lines.append(DumpLine(page.offset, 0, "footer, size of \(size.name)", "\(size.bytes) bytes, \(perRow) a row"))
    }
  }

  private func read(page: PageReference) throws(StoreError) -> Bytes {
    try read(page, "page") { (reader) throws(FormatError) in
      try reader.need(1, "page")
      return try reader.readBytes(reader.remaining, "page")
    }
  }

  private func encoding(_ page: PageReference) throws(StoreError) -> String {
    switch try read(page: page)[0] {
    case IntegerPage.constant: "constant"
    case IntegerPage.packed: "packed"
    case IntegerPage.delta: "delta"
    case IntegerPage.runs: "runs"
    case IntegerPage.markedRuns: "marked runs"
    case IntegerPage.blocks: "blocks"
    case ConditionedPage.encoding: "conditioned"
    case let other: "encoding \(other)"
    }
  }

  private static func show(_ rows: Range<Int>) -> String { "\(rows.lowerBound) to \(rows.upperBound - 1)" }

  static func show(_ column: TextColumn, _ string: Bytes) -> String {
    let bytes = string.array
    if column == .user || column == .entity { return Identifier.decode(bytes) ?? "no id" }
    return "\"" + String(decoding: bytes.prefix(40), as: UTF8.self) + "\""
  }
}
