import Columnar

/// Where the entries of every (user, entity) of one run begin: an open-addressed table in memory, twelve bytes a pair.
///
/// A look-up in the file goes from the index to a block, to a group, to an item and to its entries, and each step waits for
/// memory. With this table it waits for a slot, and then for keys and entries at once: a slot names the block, whose layout
/// lies here too, the item and its first entry. A few bits of the hash stand beside them, and the keys in the file are always
/// compared: a slot that only looks right does no harm.
final class RunPairs: Sendable {
  /// From the lowest bit: 16 of the first entry, 16 of the item, 20 of the block, 12 of the hash.
  private static let free = UInt64.max
  private static let itemShift: UInt64 = 16
  private static let blockShift: UInt64 = 32
  private static let tagShift: UInt64 = 52
  private static let mostBlocks = 1 << 20

  /// The layout of every block, so that no look-up has to read it from the file.
  let blocks: [RunBlock]
  private let slots: [UInt64]
  private let share: ReadMemory.Share

  private static func bytes(_ slots: Int, _ blocks: Int) -> Int {
    slots * MemoryLayout<UInt64>.stride + blocks * MemoryLayout<RunBlock>.stride
  }

  /// Reads the keys of all blocks. Nil where the run is too large for the slots, or the table for the memory.
  init?(_ section: RunSection, _ memory: ReadMemory) throws(StoreError) {
    guard section.blockCount < Self.mostBlocks else { return nil }
    var blocks: [RunBlock] = []
    blocks.reserveCapacity(section.blockCount)
    var total = 0
    if section.blockCount > 0 { try section.touchIndex() }
    for number in 0..<section.blockCount {
      let block = try section.block(number)
      blocks.append(block)
      total += block.itemCount
    }
    let count = max(4, total + total / 2)
    guard let share = memory.take(Self.bytes(count, blocks.count)) else { return nil }
    self.share = share
    self.blocks = blocks
    var slots = [UInt64](repeating: Self.free, count: count)
    let file = section.file
    // The last pair, which may go on in the next block.
    var user = KeySpan(file, 0, 0)
    var entity = KeySpan(file, 0, 0)
    for (number, block) in blocks.enumerated() {
      for group in 0..<block.groupCount {
        let (start, length) = block.groupKey(file, group)
        let key = KeySpan(file, start, length)
        let isSameUser = KeySpan.compare(user, key) == 0
        user = key
        let seed = QuickHash.hash(file, start, length, seed: 0)
        for item in block.firstItem(file, group)..<block.firstItem(file, group + 1) {
          let (start, length) = block.itemKey(file, item)
          let isSame = isSameUser && KeySpan.compare(entity, KeySpan(file, start, length)) == 0
          entity.move(start, length)
          if isSame { continue }
          let hash = QuickHash.hash(file, start, length, seed: seed)
          var slot = QuickHash.slot(hash, of: count)
          while slots[slot] != Self.free {
            slot += 1
            if slot == count { slot = 0 }
          }
          slots[slot] =
            Self.tag(hash) << Self.tagShift | UInt64(number) << Self.blockShift | UInt64(item) << Self.itemShift
            | UInt64(block.firstEntry(file, item))
        }
      }
    }
    self.slots = slots
  }

  /// The bits of a hash that stand in a slot; never all ones, so that no slot looks free.
  @inline(__always)
  private static func tag(_ hash: UInt64) -> UInt64 { min(hash & 0xFFF, 0xFFE) }

  /// Asks for the first slot that a pair may have.
  @inline(__always)
  func prefetch(_ hash: UInt64) { slots.prefetch(QuickHash.slot(hash, of: slots.count)) }

  /// The first slot that looks like the pair's, and what is in it; free where the pair is not there. Asks for what it leads to.
  @inline(__always)
  func look(_ file: Bytes, _ hash: UInt64) -> (slot: Int, stored: UInt64) {
    let found = next(Self.tag(hash), from: QuickHash.slot(hash, of: slots.count))
    if found.stored != Self.free {
      blocks[Self.block(found.stored)].prefetch(
        file, item: Self.item(found.stored), entry: Int(truncatingIfNeeded: found.stored & 0xFFFF))
    }
    return found
  }

  /// Calls `body` with the places that a pair may have, until it returns true. `first` is what `look` gave.
  @inline(__always)
  func find(
    _ hash: UInt64, _ first: (slot: Int, stored: UInt64),
    _ body: (_ block: Int, _ item: Int, _ entry: Int) throws(StoreError) -> Bool
  ) throws(StoreError) {
    var found = first
    while found.stored != Self.free {
      let entry = Int(truncatingIfNeeded: found.stored & 0xFFFF)
      if try body(Self.block(found.stored), Self.item(found.stored), entry) { return }
      found = next(Self.tag(hash), from: found.slot + 1 == slots.count ? 0 : found.slot + 1)
    }
  }

  /// The next slot that is free or has these bits of the hash.
  @inline(__always)
  private func next(_ tag: UInt64, from start: Int) -> (slot: Int, stored: UInt64) {
    var slot = start
    while true {
      let stored = slots[slot]
      if stored >> Self.tagShift == tag || stored == Self.free { return (slot, stored) }
      slot += 1
      if slot == slots.count { slot = 0 }
    }
  }

  @inline(__always)
  private static func block(_ stored: UInt64) -> Int { Int(truncatingIfNeeded: (stored >> blockShift) & 0xF_FFFF) }

  @inline(__always)
  private static func item(_ stored: UInt64) -> Int { Int(truncatingIfNeeded: (stored >> itemShift) & 0xFFFF) }
}
