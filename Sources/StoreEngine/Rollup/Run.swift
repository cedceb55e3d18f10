package import Columnar
package import StorageIO

/// A run file: aggregates of one partition, immutable and sorted, one section for each rollup. See Formats/run.md.
package final class Run: Sendable {
  package let path: String
  package let fileID: UInt64
  package let bytes: Bytes
  /// In the order of rollups.
  package let sections: [RunSection]
  /// Sections of rollups that this version does not know.
  package let unknownSections: Int
  /// The version of the format in which the file is written.
  package let version: UInt16

  /// Opens a run: reads its header and footer, and leaves the blocks until they are asked for. `path` is for errors.
  /// `mapping`, where the file is mapped to be read here and there, is told when more of it is read.
  package init(
    bytes: Bytes, path: String, expectedFileID: UInt64? = nil, mapping: Mapping? = nil
  ) throws(StoreError) {
    do throws(FormatError) {
      let header = try FileHeader(bytes, kind: .run, expectedFileID: expectedFileID)
      let footer = try RunFooter(bytes, fileID: header.fileID, version: header.version)
      fileID = header.fileID
      version = header.version
      self.bytes = bytes
      self.path = path
      var sections: [RunSection] = []
      for section in footer.sections {
        guard let rollup = Rollup(rawValue: section.number) else { continue }
        var tables: [PairTable] = []
        if rollup == .entityGrowth {
          for table in footer.tables {
            let first = tables.last?.blocks.upperBound ?? 0
            tables.append(
              try PairTable(table, blocks: first..<first + table.blocks, file: bytes, path: path, fileID: header.fileID)
            )
          }
        }
        sections.append(
          RunSection(
            rollup: rollup, count: section.entries, blockCount: section.blocks,
            texts: try section.texts(bytes, fileID: header.fileID), file: bytes, path: path, fileID: header.fileID,
            index: section.index, tables: tables, mapping: mapping))
      }
      self.sections = sections
      unknownSections = footer.sections.count - sections.count
    } catch {
      throw StoreError(error, file: path)
    }
  }

  /// The number of entries of all known rollups.
  package var count: Int { sections.reduce(0) { $0 + $1.count } }

  /// The section of a rollup, or nil where the run has none.
  package func section(_ rollup: Rollup) -> RunSection? {
    for section in sections where section.rollup == rollup { return section }
    return nil
  }

  /// Calls `body` with the entries of one item, in order. Codes are those of the section.
  package func forEach(
    _ rollup: Rollup, group: Bytes, item: Bytes, _ body: (RunLeaf) throws(StoreError) -> Void
  ) throws(StoreError) {
    try section(rollup)?.forEach(group: group, item: item, body)
  }

  /// Calls `body` with the entries of all items of a group, in order. Codes are those of the section.
  package func forEach(
    _ rollup: Rollup, group: Bytes, _ body: (_ item: KeySpan, _ leaf: RunLeaf) throws(StoreError) -> Void
  ) throws(StoreError) {
    try section(rollup)?.forEach(group: group, body)
  }

  /// All entries of a rollup in order, from a group on where one is given. Nil where the run has none.
  package func cursor(_ rollup: Rollup, fromGroup group: Bytes? = nil) throws(StoreError) -> RunCursor? {
    guard let section = section(rollup) else { return nil }
    return try RunCursor(section, fromGroup: group)
  }

  /// Reads and checks every block, and that all entries are in order, know their texts, and are found by the tables.
  package func check() throws(StoreError) {
    for section in sections {
      let cursor = try RunCursor(section)
      var previous = KeySpan(bytes, 0, 0)
      var previousItem = previous
      var order: UInt64 = 0
      var count = 0
      while !cursor.isAtEnd {
        let groupOrder = count == 0 ? -1 : KeySpan.compare(previous, cursor.group)
        let itemOrder = groupOrder != 0 ? groupOrder : KeySpan.compare(previousItem, cursor.item)
        guard itemOrder < 0 || (itemOrder == 0 && order < cursor.leaf.order) else {
          throw StoreError(.corruption, file: path, "\(section.rollup.name): entry \(count) is out of order")
        }
        _ = try section.text(cursor.leaf.a)
        if section.rollup.hasTextB { _ = try section.text(cursor.leaf.b) }
        (previous, previousItem, order) = (cursor.group, cursor.item, cursor.leaf.order)
        count += 1
        try cursor.advance()
      }
      try section.checkTables()
    }
  }
}
