import Columnar

/// Where the entries of every (user, entity) of one run begin: an open-addressed table in memory, about six bytes a pair.
///
/// A look-up in the file goes from the index to a block, to a group, to an item and to its entries, and each step waits
/// for memory. With this table it waits for a slot, and then for key and entries at once. A slot holds some bits of the
/// hash beside the place, and the keys in the file are always compared: a slot that only looks right does no harm.
final class RunPairs: Sendable {
  private static let free = UInt32.max
  /// With fewer bits of the hash in a slot, too many look-ups would go to the file in vain.
  private static let fewestTagBits = 8

  /// The layout of every block, so that no look-up has to read it from the file.
  let blocks: [RunBlock]
  private let slots: [UInt32]
  private let itemBits: UInt32
  private let tagShift: UInt32
  /// Tags are below this, so that no slot looks free.
  private let tags: UInt64

  /// Reads the keys of all blocks. Nil where the run is too large for the slots.
  init?(_ section: RunSection) throws(StoreError) {
    var blocks: [RunBlock] = []
    blocks.reserveCapacity(section.blockCount)
    var total = 0
    var most = 0
    if section.blockCount > 0 { try section.touchIndex() }
    for number in 0..<section.blockCount {
      let block = try section.block(number)
      blocks.append(block)
      total += block.itemCount
      most = max(most, block.itemCount)
    }
    let itemBits = Self.bits(most)
    let tagShift = itemBits + Self.bits(blocks.count)
    guard tagShift + Self.fewestTagBits <= 32 else { return nil }
    self.blocks = blocks
    self.itemBits = UInt32(itemBits)
    self.tagShift = UInt32(tagShift)
    tags = (1 << UInt64(32 - tagShift)) - 1
    var slots = [UInt32](repeating: Self.free, count: max(4, total + total / 2))
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
        let seed = Self.hash(key, seed: 0)
        for item in block.firstItem(file, group)..<block.firstItem(file, group + 1) {
          let (start, length) = block.itemKey(file, item)
          let isSame = isSameUser && KeySpan.compare(entity, KeySpan(file, start, length)) == 0
          entity.move(start, length)
          if isSame { continue }
          let hash = Self.hash(entity, seed: seed)
          var slot = Self.home(hash, slots.count)
          while slots[slot] != Self.free {
            slot += 1
            if slot == slots.count { slot = 0 }
          }
          slots[slot] =
            UInt32(truncatingIfNeeded: hash % tags) &<< self.tagShift | UInt32(number) &<< self.itemBits | UInt32(item)
        }
      }
    }
    self.slots = slots
  }

  /// The hash of a pair, the same for all runs.
  @inline(__always)
  static func hash(user: KeySpan, entity: KeySpan) -> UInt64 { hash(entity, seed: hash(user, seed: 0)) }

  /// The first slot that a pair may have, and what is in it.
  @inline(__always)
  func first(_ hash: UInt64) -> UInt32 { slots[Self.home(hash, slots.count)] }

  /// Looks at what the first slot of a pair leads to; see `RunBlock.look`.
  @inline(__always)
  func look(_ file: Bytes, _ hash: UInt64, first: UInt32) -> UInt64 {
    guard first >> tagShift == UInt32(truncatingIfNeeded: hash % tags) else { return 0 }
    let place = first & ((1 &<< tagShift) &- 1)
    return blocks[Int(place >> itemBits)].look(file, item: Int(place & ((1 &<< itemBits) &- 1)))
  }

  /// Calls `body` with the places that a pair may have, until it returns true. `first` is what `first(_:)` gave.
  @inline(__always)
  func find(
    _ hash: UInt64, first: UInt32, _ body: (_ block: Int, _ item: Int) throws(StoreError) -> Bool
  ) throws(StoreError) {
    var stored = first
    if stored == Self.free { return }
    let tag = UInt32(truncatingIfNeeded: hash % tags)
    var slot = Self.home(hash, slots.count)
    repeat {
      if stored >> tagShift == tag {
        let place = stored & ((1 &<< tagShift) &- 1)
        if try body(Int(place >> itemBits), Int(place & ((1 &<< itemBits) &- 1))) { return }
      }
      slot += 1
      if slot == slots.count { slot = 0 }
      stored = slots[slot]
    } while stored != Self.free
  }

  @inline(__always)
  private static func home(_ hash: UInt64, _ count: Int) -> Int {
    Int(truncatingIfNeeded: ((hash >> 32) &* UInt64(truncatingIfNeeded: count)) >> 32)
  }

  @inline(__always)
  private static func hash(_ key: KeySpan, seed: UInt64) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: key.length) &* 0x9E37_79B9_7F4A_7C15
    var offset = 0
    while offset &+ 8 <= key.length {
      hash = foldedMultiply(
        hash ^ key.bytes.load(key.start &+ offset, as: UInt64.self) ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB)
      offset &+= 8
    }
    var tail: UInt64 = 0
    while offset < key.length {
      tail = tail << 8 | UInt64(key.bytes[key.start &+ offset])
      offset &+= 1
    }
    return foldedMultiply(hash ^ tail, 0x8EBC_6AF0_9C88_C6E3)
  }

  /// How many bits numbers below `count` take, at least one.
  private static func bits(_ count: Int) -> Int { max(1, Int.bitWidth - max(0, count - 1).leadingZeroBitCount) }
}
