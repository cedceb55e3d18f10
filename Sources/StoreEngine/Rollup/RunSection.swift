package import Columnar
import StorageIO
import Synchronization

/// The entries of one rollup in a run file, read from the mapped bytes.
///
/// Opening reads the footer and the dictionary only. The index, and each block, is checked (checksum and structure) when
/// it is first touched; after that nothing can lead out of it, and reads go straight to the bytes.
package final class RunSection: Sendable {
  package let rollup: Rollup
  /// The number of entries.
  package let count: Int
  package let blockCount: Int
  /// The texts of `a`, and of `b` in entity_growth, sorted; the codes of entries number them.
  package let texts: DictionaryPage.Strings
  let file: Bytes
  let path: String
  let fileID: UInt64
  let index: PageReference
  /// Where pairs begin, in the order of blocks; none where the file has none.
  package let tables: [PairTable]
  /// Whether the index page was checked.
  private let checkedIndex = Atomic(false)
  /// Of the blocks that were checked.
  let layouts: BlockLayouts
  private let mapping: Mapping?
  /// Whether a block was read: the first is read alone, so that the first answer of a store does not wait for megabytes. Who
  /// reads a second will read more, and the machine may read around what is touched.
  private let hasRead = Atomic(false)
  private let readsAround = Atomic(false)

  init(
    rollup: Rollup, count: Int, blockCount: Int, texts: DictionaryPage.Strings, file: Bytes, path: String,
    fileID: UInt64, index: PageReference, tables: [PairTable], mapping: Mapping? = nil
  ) {
    self.rollup = rollup
    self.count = count
    self.blockCount = blockCount
    self.texts = texts
    self.file = file
    self.path = path
    self.fileID = fileID
    self.index = index
    self.tables = tables
    self.mapping = mapping
    layouts = BlockLayouts(count: blockCount)
  }

  /// What the index says of a block. All positions are in the file.
  struct BlockEntry {
    static let headLength = 36
    let offset: Int
    let length: Int
    let count: Int
    let checksum: UInt64
    let group: (start: Int, length: Int)
    let item: (start: Int, length: Int)
    /// `a` and `b` of the first entry as one number.
    let order: UInt64
  }

  /// The entry of a block in the index, which must have been checked.
  @inline(__always)
  func entry(_ block: Int) -> BlockEntry {
    let at = entryStart(block)
    let groupLength = Int(file.load(at + 32, as: UInt16.self))
    let itemLength = Int(file.load(at + 34, as: UInt16.self))
    let keys = at + BlockEntry.headLength
    return BlockEntry(
      offset: Int(truncatingIfNeeded: file.load(at, as: UInt64.self)), length: Int(file.load(at + 8, as: UInt32.self)),
      count: Int(file.load(at + 12, as: UInt32.self)), checksum: file.load(at + 16, as: UInt64.self),
      group: (keys, groupLength), item: (keys + groupLength, itemLength),
      order: UInt64(file.load(at + 24, as: UInt32.self)) << 32 | UInt64(file.load(at + 28, as: UInt32.self)))
  }

  @inline(__always)
  private func entryStart(_ block: Int) -> Int {
    index.offset + Int(file.load(index.offset + 8 + 4 * block, as: UInt32.self))
  }

  /// The order of the key (group, item) at the start of a block against another.
  @inline(__always)
  func compareFirst(_ block: Int, group: Bytes, item: Bytes) -> Int {
    let at = entryStart(block)
    let groupLength = Int(file.load(at + 32, as: UInt16.self))
    let keys = at + BlockEntry.headLength
    let order = compareKeys(file, keys, groupLength, group, 0, group.count)
    if order != 0 { return order }
    let itemLength = Int(file.load(at + 34, as: UInt16.self))
    return compareKeys(file, keys + groupLength, itemLength, item, 0, item.count)
  }

  /// The first block that can hold entries of (group, item) or of what follows it.
  func firstBlock(group: Bytes, item: Bytes) -> Int {
    var low = 0
    var high = blockCount
    while low < high {
      let middle = (low + high) / 2
      if compareFirst(middle, group: group, item: item) < 0 { low = middle + 1 } else { high = middle }
    }
    return max(low - 1, 0)
  }

  /// Checks the index at its first use.
  @inline(__always)
  func touchIndex() throws(StoreError) {
    if !checkedIndex.load(ordering: .relaxed) { try checkIndex() }
  }

  /// The layout of a block, checked at its first use. The index must have been checked.
  @inline(__always)
  func block(_ number: Int) throws(StoreError) -> RunBlock {
    layouts.contains(number) ? layouts[number] : try checkBlock(number)
  }

  /// Checks the index, the tables and every block, as far as that was not done yet. Complexity: O(bytes of the section).
  func checkAhead() throws(StoreError) {
    mapping?.expect(.ordinary)
    if blockCount > 0 { try touchIndex() }
    for table in tables { try table.checkAhead() }
    for number in 0..<blockCount { _ = try block(number) }
  }

  private func checkBlock(_ number: Int) throws(StoreError) -> RunBlock {
    if hasRead.exchange(true, ordering: .relaxed), !readsAround.exchange(true, ordering: .relaxed) {
      mapping?.expect(.ordinary)
    }
    let entry = entry(number)
    guard XXH3.hash(file.slice(entry.offset, entry.length), seed: fileID &+ UInt64(entry.offset)) == entry.checksum
    else {
      throw StoreError(
        .corruption, file: path, offset: entry.offset, "block \(number) of \(rollup.name) does not match its checksum")
    }
    do {
      try RunBlock.validate(file, at: entry.offset, length: entry.length, entries: entry.count)
    } catch {
      throw StoreError(error, file: path)
    }
    let block = RunBlock(file, at: entry.offset)
    layouts.insert(number, block)
    return block
  }

  private func checkIndex() throws(StoreError) {
    do {
      try validateIndex()
    } catch {
      throw StoreError(error, file: path)
    }
    checkedIndex.store(true, ordering: .relaxed)
  }

  /// Checks the index page: its checksum, and that it leads nowhere outside of itself and of the file.
  private func validateIndex() throws(FormatError) {
    let page = try index.load(from: file, fileID: fileID)
    guard index.codec == .none, page.count >= 8, page.load(0, as: UInt32.self) == UInt32(blockCount),
      page.load(4, as: UInt32.self) == 0, 8 + 4 * blockCount <= page.count
    else { throw FormatError(offset: index.offset, "an index page that is not for \(blockCount) blocks") }
    let end = index.offset + page.count
    var total = 0
    for number in 0..<blockCount {
      let at = entryStart(number)
      guard at >= index.offset + 8 + 4 * blockCount, at <= end - BlockEntry.headLength else {
        throw FormatError(offset: index.offset + 8 + 4 * number, "an index entry outside of its page")
      }
      let entry = entry(number)
      guard entry.item.start + entry.item.length <= end else {
        throw FormatError(offset: at, "the keys of an index entry end behind its page")
      }
      guard entry.offset >= FileHeader.length, entry.offset <= file.count, entry.length <= file.count - entry.offset
      else { throw FormatError(offset: at, "a block of \(entry.length) bytes outside of the file") }
      total += entry.count
    }
    guard total == count else { throw FormatError(offset: index.offset, "\(total) entries where \(count) belong") }
  }
}
