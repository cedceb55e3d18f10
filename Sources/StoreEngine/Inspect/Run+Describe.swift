import Columnar

extension Run {
  /// What lies where in the file, a line each, for people. Damaged parts are named and passed over.
  ///
  /// `entryLimit` entries of each section are shown.
  package func describe(entryLimit: Int = 20) -> [String] {
    var lines = [
      "run \(path)", "  file id \(fileID), \(bytes.count) bytes, \(count) entries",
      Self.line(0, FileHeader.length, "file header \(FileHeader.Kind.run.rawValue)"),
    ]
    for section in sections {
      lines.append("\(section.rollup.name): \(section.count) entries in \(section.blockCount) blocks")
      do throws(StoreError) {
        try describeBlocks(of: section, into: &lines)
        lines.append(
          Self.line(section.index.offset, section.index.storedLength, "index of \(section.blockCount) blocks"))
        for table in section.tables {
          lines.append(
            Self.line(
              table.offset, 8 * table.slotCount,
              "table of \(table.count) pairs in \(table.slotCount) slots, of blocks \(table.blocks)"))
          lines.append(Self.line(table.head.offset, table.head.storedLength, "head of the table"))
        }
        lines.append("    dictionary of \(section.texts.count) texts")
        try describeEntries(of: section, limit: entryLimit, into: &lines)
      } catch {
        lines.append("    damaged: \(error)")
      }
    }
    if unknownSections > 0 { lines.append("\(unknownSections) sections of rollups that this version does not know") }
    if let footer = try? RunFooter.page(bytes, fileID: fileID) {
      lines.append(Self.line(footer.offset, footer.storedLength, "footer"))
    }
    lines.append(
      Self.line(bytes.count - RunFooter.trailerLength, RunFooter.trailerLength, "trailer"))
    return lines
  }

  private func describeBlocks(of section: RunSection, into lines: inout [String]) throws(StoreError) {
    try section.touchIndex()
    for number in 0..<section.blockCount {
      let entry = section.entry(number)
      do throws(StoreError) {
        let block = try section.block(number)
        let widths =
          "a \(block.aWidth) b \(block.bWidth) score \(block.scoreWidth) count \(block.countWidth) "
          + "first \(block.firstWidth) span \(block.spanWidth) reset \(block.resetWidth)"
        lines.append(
          Self.line(
            entry.offset, entry.length,
            "block \(number): \(block.entryCount) entries, \(block.groupCount) groups, \(block.itemCount) items, "
              + "\(block.recordWidth) bits each (\(widths)), score scale \(block.scoreScale)"))
      } catch {
        lines.append(Self.line(entry.offset, entry.length, "block \(number), damaged: \(error)"))
      }
    }
  }

  private func describeEntries(of section: RunSection, limit: Int, into lines: inout [String]) throws(StoreError) {
    let cursor = try RunCursor(section)
    var shown = 0
    while !cursor.isAtEnd, shown < limit {
      let isScope = section.rollup == .scopeGrowth
      var key = [Self.text(cursor.group, isID: !isScope)]
      if section.rollup.hasItems { key.append(Self.text(cursor.item, isID: true)) }
      key.append(String(decoding: try section.text(cursor.leaf.a).array, as: UTF8.self))
      if section.rollup.hasTextB { key.append(String(decoding: try section.text(cursor.leaf.b).array, as: UTF8.self)) }
      if section.rollup.hasDays { key.append("day \(Rollup.day(ofCode: cursor.leaf.b))") }
      let kind = cursor.leaf.isReset ? "full value" : "partial"
      let measures = cursor.leaf.measures.isEmpty ? "gone" : cursor.leaf.measures.description
      lines.append("    \(key.joined(separator: " · ")): \(measures) (\(kind))")
      shown += 1
      try cursor.advance()
    }
    if shown < section.count { lines.append("    and \(section.count - shown) more") }
  }

  private static func text(_ key: KeySpan, isID: Bool) -> String {
    (isID ? Identifier.decode(key.array) : nil) ?? String(decoding: key.array, as: UTF8.self)
  }

  private static func line(_ offset: Int, _ length: Int, _ text: String) -> String {
    "  @\(offset) +\(length)  \(text)"
  }
}
