package import Columnar

/// Where the entries of every (user, entity) of some blocks of a run begin: an open-addressed table in the file, twelve bytes
/// a pair. See Formats/run.md, "Tables of pairs".
///
/// A look-up without it goes from the index to a block, to a group, to an item and to its entries, and each step waits for
/// memory. With it a read waits for a slot, and then for keys and entries at once. The keys are always compared: a slot that
/// only looks right does no harm. Slots are checked against their checksums 512 at a time, when they are first touched.
package final class PairTable: Sendable {
  /// From the lowest bit: 16 of the first entry, 16 of the item, 20 of the block, 12 of the hash.
  static let free = UInt64.max
  private static let itemShift: UInt64 = 16
  fileprivate static let blockShift: UInt64 = 32
  fileprivate static let tagShift: UInt64 = 52
  static let slotsOfChunk = 512
  /// A table has about as many pairs at the most: 13 MiB while it is made.
  package static let largestCount = 1 << 19
  static let mostBlocks = 1 << 20

  /// The blocks of the section that it speaks of.
  package let blocks: Range<Int>
  /// The number of pairs.
  package let count: Int
  package let slotCount: Int
  package let head: PageReference
  /// Borrowed from the section, which holds this.
  private let file: Bytes
  private let path: String
  private let fileID: UInt64
  /// Of the slots, in the file.
  package let offset: Int
  /// A bit for each chunk of slots.
  private let touched: TouchedBlocks
  /// What a look-up needs, borrowed from this.
  let slots: Slots

  /// Reads and checks the head page.
  init(
    _ entry: RunFooter.Table, blocks: Range<Int>, file: Bytes, path: String, fileID: UInt64
  ) throws(FormatError) {
    self.blocks = blocks
    count = entry.pairs
    slotCount = entry.slots
    head = entry.head
    self.file = unsafe file.borrowed
    self.path = path
    self.fileID = fileID
    let page = try head.load(from: file, fileID: fileID)
    let chunks = (slotCount + Self.slotsOfChunk - 1) / Self.slotsOfChunk
    guard head.codec == .none, page.count == 8 + 8 * chunks else {
      throw FormatError(offset: head.offset, "the head of a table of pairs that is not for \(slotCount) slots")
    }
    let start = page.load(0, as: UInt64.self)
    guard start >= FileHeader.length, start <= UInt64(file.count), slotCount <= (file.count - Int(start)) / 8 else {
      throw FormatError(offset: head.offset, "\(slotCount) slots of pairs outside of the file")
    }
    offset = Int(start)
    touched = TouchedBlocks(count: chunks)
    slots = Slots(
      file: self.file, offset: offset, count: slotCount, firstBlock: blocks.lowerBound, endBlock: blocks.upperBound,
      touched: unsafe touched.borrowed)
  }

  /// The slots of a table, to stand in line with what else a read begins with.
  struct Slots: Sendable {
    fileprivate let file: Bytes
    fileprivate let offset: Int
    fileprivate let count: Int
    fileprivate let firstBlock: Int
    fileprivate let endBlock: Int
    fileprivate let touched: TouchedBlocks

    /// Asks for the first slot that a pair may have.
    @inline(__always)
    func prefetch(_ hash: UInt64) { file.prefetch(offset &+ 8 &* QuickHash.slot(hash, of: count)) }

    /// The first place that looks like a pair's; nil where that takes slots that were not checked yet, or are damaged.
    @inline(__always)
    func find(_ hash: UInt64) -> Place? {
      var slot = QuickHash.slot(hash, of: count)
      return place(hash, from: &slot)
    }

    /// The next place from a slot on; nil where it stops at one that was not checked yet, or is damaged.
    @inline(__always)
    fileprivate func place(_ hash: UInt64, from slot: inout Int) -> Place? {
      let tag = PairTable.tag(hash)
      for _ in 0..<count {
        guard touched.contains(slot / PairTable.slotsOfChunk) else { return nil }
        let stored = file.load(offset &+ 8 &* slot, as: UInt64.self)
        if stored == PairTable.free { return Place() }
        if stored >> PairTable.tagShift == tag {
          let block = block(stored)
          return block < endBlock ? Place(slot: slot, stored: stored, block: block) : nil
        }
        slot += 1
        if slot == count { slot = 0 }
      }
      return Place()
    }

    /// The block that a slot names.
    @inline(__always)
    private func block(_ stored: UInt64) -> Int {
      firstBlock &+ Int(truncatingIfNeeded: (stored >> PairTable.blockShift) & 0xF_FFFF)
    }

    /// Whether a slot that was checked leads to a block that is not there.
    fileprivate func isDamaged(_ slot: Int) -> Bool {
      let stored = file.load(offset &+ 8 &* slot, as: UInt64.self)
      return stored != PairTable.free && block(stored) >= endBlock
    }
  }

  /// What a slot says: the block, counted from the table's first, the item in it, and its first entry.
  @inline(__always)
  static func slot(_ hash: UInt64, block: Int, item: Int, entry: Int) -> UInt64 {
    tag(hash) << tagShift | UInt64(block) << blockShift | UInt64(item) << itemShift | UInt64(entry)
  }

  /// How many slots a table has. At least one stays free.
  static func slots(pairs: Int) -> Int { max(4, pairs + pairs / 2) }

  /// The bits of a hash that stand in a slot; never all ones, so that no slot looks free.
  @inline(__always)
  fileprivate static func tag(_ hash: UInt64) -> UInt64 { min(hash & 0xFFF, 0xFFE) }

  /// A slot that looks like that of a pair, and where it leads.
  struct Place {
    fileprivate var slot = 0
    fileprivate var stored = PairTable.free

    /// Within the section.
    fileprivate(set) var block = 0

    var isFound: Bool { stored != PairTable.free }
    var item: Int { Int(truncatingIfNeeded: (stored >> itemShift) & 0xFFFF) }
    var entry: Int { Int(truncatingIfNeeded: stored & 0xFFFF) }
  }

  /// The first place that looks like a pair's.
  func find(_ hash: UInt64) throws(StoreError) -> Place { try place(hash, from: QuickHash.slot(hash, of: slotCount)) }

  /// The next after one that was not it.
  func find(_ hash: UInt64, after last: Place) throws(StoreError) -> Place {
    // Slots are never all taken, so that a search ends; a foreign table where they are must not hold one up for ever.
    let next = last.slot + 1 == slotCount ? 0 : last.slot + 1
    if next == QuickHash.slot(hash, of: slotCount) { return Place() }
    return try place(hash, from: next)
  }

  private func place(_ hash: UInt64, from start: Int) throws(StoreError) -> Place {
    var slot = start
    while true {
      if let place = slots.place(hash, from: &slot) { return place }
      let chunk = slot / Self.slotsOfChunk
      if !touched.contains(chunk) {
        try check(chunk: chunk)
      } else if slots.isDamaged(slot) {
        throw damage(slot, "names a block that is not there")
      }
      // Else another read has checked it meanwhile.
    }
  }

  /// The error for a slot whose content makes no sense.
  func damage(_ place: Place) -> StoreError { damage(place.slot, "names an item that is not there") }

  private func damage(_ slot: Int, _ reason: String) -> StoreError {
    StoreError(.corruption, file: path, offset: offset + 8 * slot, "slot \(slot) of a table of pairs \(reason)")
  }

  private func check(chunk: Int) throws(StoreError) {
    let start = offset + 8 * Self.slotsOfChunk * chunk
    let length = min(8 * Self.slotsOfChunk, 8 * slotCount - 8 * Self.slotsOfChunk * chunk)
    guard
      XXH3.hash(file.slice(start, length), seed: fileID &+ UInt64(start))
        == file.load(head.offset + 8 + 8 * chunk, as: UInt64.self)
    else {
      throw StoreError(
        .corruption, file: path, offset: start, "slots of a table of pairs do not match their checksum")
    }
    touched.insert(chunk)
  }

  /// Checks all slots, as far as that was not done yet.
  func checkAhead() throws(StoreError) {
    for chunk in 0..<(slotCount + Self.slotsOfChunk - 1) / Self.slotsOfChunk where !touched.contains(chunk) {
      try check(chunk: chunk)
    }
  }

  /// The number of slots that are taken. Reads and checks all.
  func takenSlots() throws(StoreError) -> Int {
    var taken = 0
    for slot in 0..<slotCount {
      if slot % Self.slotsOfChunk == 0 { try check(chunk: slot / Self.slotsOfChunk) }
      if file.load(offset + 8 * slot, as: UInt64.self) != Self.free { taken += 1 }
    }
    return taken
  }
}
