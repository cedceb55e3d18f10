import Columnar

/// Gathers the pairs of the blocks that are being written, and lays out their table. Pairs come in the order of keys, and
/// each takes the first free slot from its own on, so that the same pairs make the same bytes.
struct PairTableBuilder {
  private var pairs: [(hash: UInt64, slot: UInt64)] = []
  /// The first block that the table speaks of.
  private(set) var firstBlock = 0
  /// After as many pairs a table is written as soon as it can be.
  private let largestCount: Int

  init(largestCount: Int) { self.largestCount = largestCount }

  var count: Int { pairs.count }

  /// Notes the pair that begins at an entry of the block that is being written, whose number is that in its section.
  @inline(__always)
  mutating func add(_ hash: UInt64, block: Int, item: Int, entry: Int) {
    pairs.append((hash, PairTable.slot(hash, block: block - firstBlock, item: item, entry: entry)))
  }

  /// Whether the table is to be written as soon as it can, when so many blocks of the section were.
  func isFull(blocks: Int) -> Bool {
    pairs.count >= largestCount || blocks - firstBlock >= PairTable.mostBlocks / 2
  }

  /// The slots of the table.
  func slots() -> [UInt64] {
    var slots = [UInt64](repeating: PairTable.free, count: PairTable.slots(pairs: pairs.count))
    for pair in pairs {
      var place = QuickHash.slot(pair.hash, of: slots.count)
      while slots[place] != PairTable.free {
        place += 1
        if place == slots.count { place = 0 }
      }
      slots[place] = pair.slot
    }
    return slots
  }

  /// Begins the next table, from a block on.
  mutating func begin(at block: Int) {
    pairs.removeAll(keepingCapacity: true)
    firstBlock = block
  }
}
