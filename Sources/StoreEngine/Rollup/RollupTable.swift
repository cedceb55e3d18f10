import Columnar

/// One rollup of a memtable: partial aggregates in memory, keyed by codes of the memtable's dictionaries.
///
/// An open-addressed table of leaves of 64 bytes, one cache line each, and chains through them: a group knows its items,
/// an item its leaves, so that reading one user or one entity touches nothing else. A value of arrays: a copy is a
/// snapshot at no cost, and the next change after it copies.
package struct RollupTable: Sendable {
  /// A key and its aggregate.
  package struct Leaf: Sendable {
    package fileprivate(set) var score: Int128
    package let group: UInt32
    package let item: UInt32
    package let a: UInt32
    package let b: UInt32
    package fileprivate(set) var count: UInt64
    package fileprivate(set) var first: Int64
    package fileprivate(set) var last: Int64
    /// The next leaf of the same item + 1, 0 at the end.
    fileprivate let next: UInt32

    package var aggregate: Aggregate { Aggregate(score: score, count: count, first: first, last: last) }
  }

  /// All leaves of one (group, item).
  private struct Item: Sendable {
    let group: UInt32
    let item: UInt32
    /// The newest leaf + 1.
    var leaf: UInt32
    /// The next item of the same group + 1, 0 at the end.
    let next: UInt32
  }

  private let hasItems: Bool
  private var leaves: [Leaf] = []
  private var items: [Item] = []
  /// The hash of a leaf above its number + 1 in each slot, 0 where it is free; a power of two long. With the hash at
  /// hand, other leaves on the way are passed over without touching them.
  private var leafSlots: [UInt64] = []
  /// The number of an item + 1 in each slot, 0 where it is free; a power of two long.
  private var itemSlots: [UInt32] = []
  /// The newest item + 1 of every group.
  private var groups: [UInt32] = []
  /// The leaf that was added to last: events of one key often come one after the other.
  private var latest = 0

  package init(_ rollup: Rollup) { hasItems = rollup.hasItems }

  /// The number of keys.
  package var count: Int { leaves.count }

  package var isEmpty: Bool { leaves.isEmpty }

  /// One more than the largest group code that occurs.
  package var groupLimit: Int { groups.count }

  /// Bytes of memory held.
  package var memory: Int {
    leaves.capacity * MemoryLayout<Leaf>.stride + items.capacity * MemoryLayout<Item>.stride
      + leafSlots.capacity * 8 + (itemSlots.capacity + groups.capacity) * 4
  }

  /// Adds one event to a key.
  @inline(__always)
  package mutating func add(group: UInt32, item: UInt32, a: UInt32, b: UInt32, delta: Int64, createdAt: Int64) {
    merge(group: group, item: item, a: a, b: b, Aggregate(delta: delta, createdAt: createdAt))
  }

  /// Adds an aggregate to that of a key.
  @inline(__always)
  package mutating func merge(group: UInt32, item: UInt32, a: UInt32, b: UInt32, _ measures: Aggregate) {
    var index = latest
    if index >= leaves.count || !matches(index, group, item, a, b) {
      index = slot(group, item, a, b)
      latest = index
    }
    leaves[index].score &+= measures.score
    leaves[index].count &+= measures.count
    leaves[index].first = min(leaves[index].first, measures.first)
    leaves[index].last = max(leaves[index].last, measures.last)
  }

  /// The aggregate of a key, or nil where there is none.
  package func find(group: UInt32, item: UInt32, a: UInt32, b: UInt32) -> Aggregate? {
    guard !leafSlots.isEmpty else { return nil }
    let hash = Self.hash(group, item, a, b)
    let mask = leafSlots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while leafSlots[slot] != 0 {
      let index = Self.index(leafSlots[slot])
      if UInt32(truncatingIfNeeded: leafSlots[slot] >> 32) == hash, matches(index, group, item, a, b) {
        return leaves[index].aggregate
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Calls `body` with every leaf of an item, in no order.
  package func forEach(group: UInt32, item: UInt32, _ body: (Leaf) -> Void) {
    guard let found = findItem(group, item) else { return }
    forEach(itemAt: found, body)
  }

  /// Calls `body` with every leaf of a group, item by item, in no order.
  package func forEach(group: UInt32, _ body: (Leaf) -> Void) {
    guard Int(group) < groups.count else { return }
    var item = groups[Int(group)]
    while item != 0 {
      forEach(itemAt: Int(item - 1), body)
      item = items[Int(item - 1)].next
    }
  }

  /// Calls `body` with every leaf, in no order.
  package func forEachLeaf(_ body: (Leaf) -> Void) {
    for leaf in leaves { body(leaf) }
  }

  /// The item codes of a group, in no order.
  package func items(of group: UInt32) -> [UInt32] {
    guard Int(group) < groups.count else { return [] }
    var found: [UInt32] = []
    var item = groups[Int(group)]
    while item != 0 {
      found.append(items[Int(item - 1)].item)
      item = items[Int(item - 1)].next
    }
    return found
  }

  package func contains(group: UInt32) -> Bool { Int(group) < groups.count && groups[Int(group)] != 0 }

  package mutating func removeAll() { self = RollupTable(hasItems: hasItems) }

  private init(hasItems: Bool) { self.hasItems = hasItems }

  private func forEach(itemAt index: Int, _ body: (Leaf) -> Void) {
    var leaf = items[index].leaf
    while leaf != 0 {
      body(leaves[Int(leaf - 1)])
      leaf = leaves[Int(leaf - 1)].next
    }
  }

  @inline(__always)
  private func matches(_ index: Int, _ group: UInt32, _ item: UInt32, _ a: UInt32, _ b: UInt32) -> Bool {
    // One comparison, not four: a mispredicted branch costs more than the three that it might save.
    let leaf = leaves[index]
    return ((leaf.group ^ group) | (leaf.item ^ item) | (leaf.a ^ a) | (leaf.b ^ b)) == 0
  }

  /// The number of the leaf of a key, made where it was missing.
  private mutating func slot(_ group: UInt32, _ item: UInt32, _ a: UInt32, _ b: UInt32) -> Int {
    if (leaves.count + 1) * 8 > leafSlots.count * 5 { growLeaves() }
    let hash = Self.hash(group, item, a, b)
    let mask = leafSlots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while leafSlots[slot] != 0 {
      let index = Self.index(leafSlots[slot])
      if UInt32(truncatingIfNeeded: leafSlots[slot] >> 32) == hash, matches(index, group, item, a, b) {
        return index
      }
      slot = (slot + 1) & mask
    }
    precondition(leaves.count < Int(UInt32.max), "a rollup table holds at most 2^32 keys")
    let owner = internItem(group, item)
    leaves.append(
      Leaf(
        score: 0, group: group, item: item, a: a, b: b, count: 0, first: .max, last: .min, next: items[owner].leaf))
    leafSlots[slot] = UInt64(hash) << 32 | UInt64(leaves.count)
    items[owner].leaf = UInt32(leaves.count)
    return leaves.count - 1
  }

  private func findItem(_ group: UInt32, _ item: UInt32) -> Int? {
    guard Int(group) < groups.count, groups[Int(group)] != 0 else { return nil }
    if !hasItems { return item == 0 ? Int(groups[Int(group)] - 1) : nil }
    let mask = itemSlots.count - 1
    var slot = Int(truncatingIfNeeded: Self.hash(group, item, 0, 0)) & mask
    while itemSlots[slot] != 0 {
      let index = Int(itemSlots[slot] - 1)
      if items[index].group == group && items[index].item == item { return index }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private mutating func internItem(_ group: UInt32, _ item: UInt32) -> Int {
    if let found = findItem(group, item) { return found }
    if Int(group) >= groups.count {
      groups.append(contentsOf: repeatElement(0, count: Int(group) + 1 - groups.count))
    }
    items.append(Item(group: group, item: item, leaf: 0, next: groups[Int(group)]))
    groups[Int(group)] = UInt32(items.count)
    if hasItems {
      if items.count * 8 > itemSlots.count * 5 { growItems() } else { place(item: items.count - 1) }
    }
    return items.count - 1
  }

  private mutating func growLeaves() {
    let old = leafSlots
    leafSlots = [UInt64](repeating: 0, count: max(16, old.count * 2))
    let mask = leafSlots.count - 1
    for entry in old where entry != 0 {
      var slot = Int(truncatingIfNeeded: entry >> 32) & mask
      while leafSlots[slot] != 0 { slot = (slot + 1) & mask }
      leafSlots[slot] = entry
    }
  }

  @inline(__always)
  private static func index(_ slot: UInt64) -> Int { Int(UInt32(truncatingIfNeeded: slot)) - 1 }

  private mutating func growItems() {
    itemSlots = [UInt32](repeating: 0, count: max(16, itemSlots.count * 2))
    for index in items.indices { place(item: index) }
  }

  private mutating func place(item index: Int) {
    let mask = itemSlots.count - 1
    var slot = Int(truncatingIfNeeded: Self.hash(items[index].group, items[index].item, 0, 0)) & mask
    while itemSlots[slot] != 0 { slot = (slot + 1) & mask }
    itemSlots[slot] = UInt32(index + 1)
  }

  @inline(__always)
  private static func hash(_ group: UInt32, _ item: UInt32, _ a: UInt32, _ b: UInt32) -> UInt32 {
    let high = UInt64(group) << 32 | UInt64(item)
    let low = UInt64(a) << 32 | UInt64(b)
    let mixed = foldedMultiply(high ^ 0xA076_1D64_78BD_642F, low ^ 0xE703_7ED1_A0B4_28DB)
    return UInt32(truncatingIfNeeded: mixed ^ (mixed >> 32))
  }
}
