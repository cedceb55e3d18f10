/// Finds the row of an event in a batch by its identity: an open-addressed table of row numbers.
///
/// A slot holds half of the key's hash beside the row, so that rows are only looked at where the half agrees.
package struct KeyIndex: Sendable {
  /// Upper half: of the hash; lower half: row + 1. 0 where free. A power of two long.
  private var slots: [UInt64] = []
  package private(set) var count = 0

  /// The lower half of each row's hash: what growing needs to place rows anew.
  private var homes: [UInt32] = []

  package init() {}

  package var memory: Int { slots.capacity * 8 + homes.capacity * 4 }

  /// The row with this hash for which `matches` holds.
  @inline(__always)
  package func find(_ hash: UInt64, matches: (Int) -> Bool) -> Int? {
    guard !slots.isEmpty else { return nil }
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    let tag = hash & 0xFFFF_FFFF_0000_0000
    while true {
      let stored = slots[slot]
      if stored == 0 { return nil }
      if stored & 0xFFFF_FFFF_0000_0000 == tag {
        let row = Int(stored & 0xFFFF_FFFF) - 1
        if matches(row) { return row }
      }
      slot = (slot + 1) & mask
    }
  }

  /// Adds a row that is not there yet. Rows come in order: the first is 0.
  package mutating func insert(_ hash: UInt64, row: Int) {
    precondition(row == count, "rows are inserted in order")
    if (count + 1) * 4 > slots.count * 3 { grow() }
    place(hash & 0xFFFF_FFFF_0000_0000 | UInt64(row + 1), home: hash)
    count += 1
    homes.append(UInt32(truncatingIfNeeded: hash))
  }

  private mutating func place(_ entry: UInt64, home: UInt64) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: home) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = entry
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: 0, count: max(64, old.count * 2))
    for entry in old where entry != 0 { place(entry, home: UInt64(homes[Int(entry & 0xFFFF_FFFF) - 1])) }
  }
}
