import Columnar

/// Sums by key in memory, keyed by codes: a group, and `a` and `b` within it.
///
/// An open-addressed table of leaves of 64 bytes, one cache line each, and chains through them, so that reading one group
/// touches nothing else. A value of arrays: a copy is a snapshot at no cost, and the next change after it copies.
package struct RollupTable: Sendable {
  /// A key and its aggregate.
  package struct Leaf: Sendable {
    package fileprivate(set) var score: Int128
    package let group: UInt32
    package let a: UInt32
    package let b: UInt32
    package fileprivate(set) var count: UInt64
    package fileprivate(set) var first: Int64
    package fileprivate(set) var last: Int64
    /// The next leaf of the same group + 1, 0 at the end.
    fileprivate let next: UInt32

    package var aggregate: Aggregate { Aggregate(score: score, count: count, first: first, last: last) }
  }

  private var leaves: [Leaf] = []
  /// The hash of a leaf above its number + 1 in each slot, 0 where it is free; a power of two long. With the hash at
  /// hand, other leaves on the way are passed over without touching them.
  private var leafSlots: [UInt64] = []
  /// The newest leaf + 1 of every group.
  private var groups: [UInt32] = []
  /// The leaf that was added to last: events of one key often come one after the other.
  private var latest = 0

  package init() {}

  /// The number of keys.
  package var count: Int { leaves.count }

  /// Bytes of memory held.
  package var memory: Int {
    leaves.capacity * MemoryLayout<Leaf>.stride + leafSlots.capacity * 8 + groups.capacity * 4
  }

  /// Adds one event to a key.
  @inline(__always)
  package mutating func add(group: UInt32, a: UInt32, b: UInt32, delta: Int64, createdAt: Int64) {
    var index = latest
    if index >= leaves.count || !matches(index, group, a, b) {
      index = slot(group, a, b)
      latest = index
    }
    leaves[index].score &+= Int128(delta)
    leaves[index].count &+= 1
    leaves[index].first = min(leaves[index].first, createdAt)
    leaves[index].last = max(leaves[index].last, createdAt)
  }

  /// Calls `body` with every leaf of a group, in no order.
  package func forEach(group: UInt32, _ body: (Leaf) -> Void) {
    guard Int(group) < groups.count else { return }
    var leaf = groups[Int(group)]
    while leaf != 0 {
      body(leaves[Int(leaf - 1)])
      leaf = leaves[Int(leaf - 1)].next
    }
  }

  package func contains(group: UInt32) -> Bool { Int(group) < groups.count && groups[Int(group)] != 0 }

  @inline(__always)
  private func matches(_ index: Int, _ group: UInt32, _ a: UInt32, _ b: UInt32) -> Bool {
    // One comparison, not three: a mispredicted branch costs more than the two that it might save.
    let leaf = leaves[index]
    return ((leaf.group ^ group) | (leaf.a ^ a) | (leaf.b ^ b)) == 0
  }

  /// The number of the leaf of a key, made where it was missing.
  private mutating func slot(_ group: UInt32, _ a: UInt32, _ b: UInt32) -> Int {
    if (leaves.count + 1) * 8 > leafSlots.count * 5 { growLeaves() }
    let hash = Self.hash(group, a, b)
    let mask = leafSlots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while leafSlots[slot] != 0 {
      let index = Self.index(leafSlots[slot])
      if UInt32(truncatingIfNeeded: leafSlots[slot] >> 32) == hash, matches(index, group, a, b) {
        return index
      }
      slot = (slot + 1) & mask
    }
    precondition(leaves.count < Int(UInt32.max), "a rollup table holds at most 2^32 keys")
    if Int(group) >= groups.count {
      groups.append(contentsOf: repeatElement(0, count: Int(group) + 1 - groups.count))
    }
    leaves.append(
      Leaf(score: 0, group: group, a: a, b: b, count: 0, first: .max, last: .min, next: groups[Int(group)]))
    leafSlots[slot] = UInt64(hash) << 32 | UInt64(leaves.count)
    groups[Int(group)] = UInt32(leaves.count)
    return leaves.count - 1
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

  @inline(__always)
  private static func hash(_ group: UInt32, _ a: UInt32, _ b: UInt32) -> UInt32 {
    let high = UInt64(group)
    let low = UInt64(a) << 32 | UInt64(b)
    let mixed = foldedMultiply(high ^ 0xA076_1D64_78BD_642F, low ^ 0xE703_7ED1_A0B4_28DB)
    return UInt32(truncatingIfNeeded: mixed ^ (mixed >> 32))
  }
}
