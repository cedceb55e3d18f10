package import Columnar

/// Writes a run file as a stream: sections in the order of rollups, in each the entries in order.
///
/// Holds one block and the index of one section; the bytes go to `emit` in pieces, in order. Only `finish` makes the
/// file complete; a file that was left before has no trailer and is refused by every reader.
package struct RunWriter {
  /// Entries of a block; more make the index smaller, fewer make the first touch of a block cheaper.
  package static let blockEntries = 1_024
  /// Bytes after which a block ends in any case.
  package static let blockLength = 64 << 10

  package typealias Emit = ([UInt8]) throws(StoreError) -> Void

  private let fileID: UInt64
  private let emit: Emit
  private var offset = 0
  private var footer = RunFooter()
  private var total = 0
  /// The section that is being written.
  private var section: Section?
  private var builder = RunBlockBuilder()
  /// Of entity_growth, the only section with tables: the pairs that begin in the blocks behind the last table.
  private var pairs: PairTableBuilder
  private var hasPairs = false
  /// The blocks of the section that were written.
  private var blockNumber = 0
  /// The hash of the current group, and whether the current item has no entry yet.
  private var groupHash: UInt64 = 0
  private var isNewItem = false
  /// The current key, and whether there is one.
  private var group = KeySpan([])
  private var item = KeySpan([])
  private var hasKey = false
  /// Whether the block must be told the group, and the item, before the next entry.
  private var needsGroup = true
  private var needsItem = true
  /// The last entry of the item, where there was one.
  private var order: UInt64?

  private struct Section {
    let rollup: Rollup
    let texts: ByteStringDictionary
    var entries = 0
    /// Where each index entry begins among all of them.
    var starts: [UInt32] = []
    var index = ByteWriter()
    /// The key of the first entry of the block.
    var firstGroup = KeySpan([])
    var firstItem = KeySpan([])
    var firstOrder: UInt64 = 0
  }

  /// `fileID` is random; `emit` takes the bytes of the file from the first on.
  package init(
    fileID: UInt64, pairsOfTable: Int = PairTable.largestCount, emit: @escaping Emit
  ) throws(StoreError) {
    pairs = PairTableBuilder(largestCount: pairsOfTable)
    self.fileID = fileID
    self.emit = emit
    try write(FileHeader(kind: .run, fileID: fileID).encoded)
  }

  /// Begins the section of a rollup, which comes after those before. `texts` are sorted and distinct; the codes of the
  /// entries number them.
  package mutating func beginSection(_ rollup: Rollup, texts: ByteStringDictionary) throws(StoreError) {
    try endSection()
    precondition(rollup.rawValue > footer.sections.last?.number ?? 0, "sections are written in order")
    section = Section(rollup: rollup, texts: texts)
    hasPairs = rollup.hasItems
    blockNumber = 0
    hasKey = false
    needsGroup = true
    needsItem = true
    order = nil
  }

  /// Says which group and item the next entries belong to; the same as before, or later in order. Nothing is written
  /// for an item without entries.
  package mutating func beginItem(group newGroup: KeySpan, item newItem: KeySpan) throws(StoreError) {
    var isNewGroup = true
    if hasKey {
      let groupOrder = KeySpan.compare(group, newGroup)
      let itemOrder = groupOrder != 0 ? groupOrder : KeySpan.compare(item, newItem)
      if itemOrder == 0 { return }
      guard itemOrder < 0 else { throw StoreError(.corruption, "keys of a rollup are out of order") }
      isNewGroup = groupOrder != 0
      if isNewGroup { needsGroup = true }
    }
    if needsGroup, hasPairs { groupHash = QuickHash.hash(newGroup.bytes, newGroup.start, newGroup.length, seed: 0) }
    guard newGroup.length <= UInt16.max, newItem.length <= UInt16.max else {
      throw StoreError(.corruption, "a key of a rollup is longer than 65,535 bytes")
    }
    hasKey = true
    needsItem = true
    isNewItem = true
    if isNewGroup { group = newGroup }
    item = newItem
    order = nil
  }

  /// Adds an entry of the current item, with codes of the section's texts.
  package mutating func append(_ leaf: RunLeaf) throws(StoreError) {
    precondition(hasKey, "an entry needs an item")
    if let order, leaf.order <= order { throw StoreError(.corruption, "entries of a rollup are out of order") }
    // Adding nothing changes nothing; only a full value may say that nothing is left.
    if leaf.measures.isEmpty && !leaf.isReset { return }
    if builder.count >= Self.blockEntries || builder.estimatedLength >= Self.blockLength { try endBlock() }
    if builder.count == 0 {
      section?.firstGroup = group
      section?.firstItem = item
      section?.firstOrder = leaf.order
    }
    if isNewItem, hasPairs { try notePair() }
    if needsGroup { builder.beginGroup(group.slice) }
    if needsItem { builder.beginItem(item.slice) }
    needsGroup = false
    needsItem = false
    isNewItem = false
    order = leaf.order
    builder.append(leaf)
  }

  /// The current item begins with the next entry.
  private mutating func notePair() throws(StoreError) {
    // A table begins with a block whose first item begins there, so that the first keys of blocks tell tables apart.
    if builder.count == 0, pairs.isFull(blocks: blockNumber) { try writeTable() }
    guard blockNumber - pairs.firstBlock < PairTable.mostBlocks else {
      throw StoreError(.invalidArgument, "an item of a rollup that fills more than \(blockNumber) blocks")
    }
    pairs.add(
      QuickHash.hash(item.bytes, item.start, item.length, seed: groupHash), block: blockNumber,
      item: builder.itemCount, entry: builder.count)
  }

  /// Ends the file. What was written is not yet synced.
  package consuming func finish() throws(StoreError) -> RunSummary {
    try endSection()
    try write(footer.encoded(fileID: fileID, at: offset))
    return RunSummary(fileID: fileID, length: offset, entries: total)
  }

  private mutating func endBlock() throws(StoreError) {
    guard builder.count > 0, var current = section else { return }
    section = nil
    try align()
    let bytes = builder.encode()
    current.starts.append(UInt32(current.index.count))
    current.index.append(UInt64(offset))
    current.index.append(UInt32(bytes.count))
    current.index.append(UInt32(builder.count))
    current.index.append(XXH3.hash(bytes, seed: fileID &+ UInt64(offset)))
    current.index.append(UInt32(truncatingIfNeeded: current.firstOrder >> 32))
    current.index.append(UInt32(truncatingIfNeeded: current.firstOrder))
    current.index.append(UInt16(current.firstGroup.length))
    current.index.append(UInt16(current.firstItem.length))
    current.index.append(current.firstGroup.slice)
    current.index.append(current.firstItem.slice)
    current.entries += builder.count
    guard current.index.count <= Codec.largestRawLength / 2 else {
      throw StoreError(.invalidArgument, "a run of more than \(current.entries) entries")
    }
    section = current
    builder.removeAll()
    needsGroup = true
    needsItem = true
    try write(bytes)
    blockNumber += 1
  }

  /// Writes the table of the pairs that begin in the blocks written so far, and begins the next.
  private mutating func writeTable() throws(StoreError) {
    try align(64)
    let start = offset
    let slots = pairs.slots()
    var head = ByteWriter()
    head.append(UInt64(start))
    for first in stride(from: 0, to: slots.count, by: PairTable.slotsOfChunk) {
      var chunk = ByteWriter(capacity: 8 * PairTable.slotsOfChunk)
      for slot in slots[first..<min(slots.count, first + PairTable.slotsOfChunk)] { chunk.append(slot) }
      head.append(XXH3.hash(chunk.bytes, seed: fileID &+ UInt64(offset)))
      try write(chunk.bytes)
    }
    var output: [UInt8] = []
    let page = PageReference(storing: head.bytes, codec: .none, fileID: fileID, base: offset, into: &output)
    try write(output)
    footer.tables.append(
      RunFooter.Table(blocks: blockNumber - pairs.firstBlock, pairs: pairs.count, slots: slots.count, head: page))
    pairs.begin(at: blockNumber)
  }

  private mutating func endSection() throws(StoreError) {
    try endBlock()
    guard let finished = section else { return }
    section = nil
    if hasPairs, blockNumber > pairs.firstBlock { try writeTable() }
    try align()
    var page = ByteWriter(capacity: 8 + 4 * finished.starts.count + finished.index.count)
    page.append(UInt32(finished.starts.count))
    page.append(UInt32(0))
    let head = UInt32(8 + 4 * finished.starts.count)
    for start in finished.starts { page.append(head + start) }
    page.append(finished.index.bytes)
    var dictionary = ByteWriter()
    DictionaryPage.encode(finished.texts, 0..<finished.texts.count, into: &dictionary)
    var output: [UInt8] = []
    let index = PageReference(storing: page.bytes, codec: .none, fileID: fileID, base: offset, into: &output)
    let texts = PageReference(storing: dictionary.bytes, codec: .lz4, fileID: fileID, base: offset, into: &output)
    footer.sections.append(
      RunFooter.Section(
        number: finished.rollup.rawValue, entries: finished.entries, blocks: finished.starts.count, index: index,
        dictionary: texts))
    total += finished.entries
    try write(output)
  }

  /// Fills up to a multiple of so many bytes.
  private mutating func align(_ unit: Int = 8) throws(StoreError) {
    if offset % unit != 0 { try write([UInt8](repeating: 0, count: unit - offset % unit)) }
  }

  private mutating func write(_ bytes: [UInt8]) throws(StoreError) {
    try emit(bytes)
    offset += bytes.count
  }
}

/// What a manifest says of a run that was written.
package struct RunSummary: Sendable, Equatable {
  package let fileID: UInt64
  /// In bytes.
  package let length: Int
  package let entries: Int
}
