import Columnar

/// Which rows of a memtable belong to which user and entity: chains through the rows, the newest first.
///
/// All aggregates of a user are derived from these when somebody asks, so that an event costs one look-up and not one for
/// every rollup. A value of arrays: a copy is a snapshot at no cost, and the next change after it copies. An owner of
/// unsafe code: slots and pairs are read by pointer, at places that the mask and the numbers in the slots keep inside.
@safe
package struct PairIndex: Sendable {
  /// One user and entity.
  private struct Pair: Sendable {
    let user: UInt32
    let entity: UInt32
    /// The newest row + 1.
    var row: UInt32
    /// The next pair of the same user + 1, 0 at the end.
    let next: UInt32
  }

  private var pairs: [Pair] = []
  /// See `TaggedSlots`: the number of a pair + 1.
  private var slots: [UInt64] = []
  private var shift: UInt64 = 64
  /// The newest pair + 1 of every user.
  private var users: [UInt32] = []
  /// Of every row the one before it of the same pair + 1, 0 at the end.
  private var previous: [UInt32] = []

  package init() {}

  package var memory: Int {
    pairs.capacity * MemoryLayout<Pair>.stride + slots.capacity * 8 + (users.capacity + previous.capacity) * 4
  }

  /// The number of pairs.
  package var count: Int { pairs.count }

  private static let blockLength = 32

  /// Adds the rows that follow the last one: `rows` of the columns of the memtable.
  package mutating func append(_ rows: Range<Int>, users userCodes: [UInt32], entities: [UInt32]) {
    precondition(rows.lowerBound == previous.count, "rows are added in order")
    TaggedSlots.reserve(pairs.count + rows.count, in: &slots, shift: &shift)
    unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.blockLength) { hashes in
      var next = rows.lowerBound
      while next < rows.upperBound {
        let length = min(Self.blockLength, rows.upperBound - next)
        unsafe lookAhead(next, length, userCodes, entities, hashes)
        for index in 0..<length {
          let row = next + index
          let number = unsafe intern(userCodes[row], entities[row], hashes[index])
          previous.append(pairs[number].row)
          pairs[number].row = UInt32(truncatingIfNeeded: row + 1)
        }
        next += length
      }
    }
  }

  /// Looks at the slots of a block of rows, then at the pairs they name, so that the waits for memory overlap.
  @inline(__always)
  private func lookAhead(
    _ first: Int, _ length: Int, _ users: [UInt32], _ entities: [UInt32], _ hashes: UnsafeMutableBufferPointer<UInt64>
  ) {
    unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.blockLength) { found in
      unsafe slots.withUnsafeBufferPointer { slots in
        for index in 0..<length {
          let hash = Self.hash(users[first + index], entities[first + index])
          unsafe hashes[index] = hash
          unsafe found[index] = slots[Int(truncatingIfNeeded: (hash & TaggedSlots.tagMask) &>> shift)]
        }
      }
      unsafe pairs.withUnsafeBufferPointer { pairs in
        for index in 0..<length {
          let number = unsafe Int(found[index] & ~TaggedSlots.tagMask)
          // Kept, so that the look is not taken for idle.
          if number > 0 { unsafe found[index] = UInt64(pairs[number - 1].row) }
        }
      }
    }
  }

  /// The number of a pair, made where it was missing. There is room for it.
  @inline(__always)
  private mutating func intern(_ user: UInt32, _ entity: UInt32, _ hash: UInt64) -> Int {
    let found = find(user, entity, hash)
    if let number = found.number { return number }
    if Int(user) >= users.count { users.append(contentsOf: repeatElement(0, count: Int(user) + 1 - users.count)) }
    pairs.append(Pair(user: user, entity: entity, row: 0, next: users[Int(user)]))
    users[Int(user)] = UInt32(pairs.count)
    slots[found.slot] = hash & TaggedSlots.tagMask | UInt64(pairs.count)
    return pairs.count - 1
  }

  /// The number of a pair, or the free slot where it belongs.
  @inline(__always)
  private func find(_ user: UInt32, _ entity: UInt32, _ hash: UInt64) -> (number: Int?, slot: Int) {
    let tag = hash & TaggedSlots.tagMask
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: tag &>> shift)
    while slots[slot] != 0 {
      if slots[slot] & TaggedSlots.tagMask == tag {
        let number = Int(slots[slot] & ~TaggedSlots.tagMask) - 1
        if pairs[number].user == user && pairs[number].entity == entity { return (number, slot) }
      }
      slot = (slot + 1) & mask
    }
    return (nil, slot)
  }

  @inline(__always)
  private static func hash(_ user: UInt32, _ entity: UInt32) -> UInt64 {
    let key = UInt64(user) << 32 | UInt64(entity)
    return foldedMultiply(key ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB)
  }

  // MARK: Reading

  package func contains(user: UInt32) -> Bool { Int(user) < users.count && users[Int(user)] != 0 }

  /// The entities of a user, in no order.
  package func entities(ofUser user: UInt32) -> [UInt32] {
    guard Int(user) < users.count else { return [] }
    var found: [UInt32] = []
    var pair = users[Int(user)]
    while pair != 0 {
      found.append(pairs[Int(pair) - 1].entity)
      pair = pairs[Int(pair) - 1].next
    }
    return found
  }

  /// Calls `body` with every row of a user and an entity, the newest first.
  @inline(__always)
  package func forEachRow(user: UInt32, entity: UInt32, _ body: (Int) -> Void) {
    guard !slots.isEmpty, let number = find(user, entity, Self.hash(user, entity)).number else { return }
    forEachRow(of: pairs[number], body)
  }

  /// Calls `body` with every row of a user, in no order.
  @inline(__always)
  package func forEachRow(user: UInt32, _ body: (Int) -> Void) {
    guard Int(user) < users.count else { return }
    var pair = users[Int(user)]
    while pair != 0 {
      forEachRow(of: pairs[Int(pair) - 1], body)
      pair = pairs[Int(pair) - 1].next
    }
  }

  /// Calls `body` with every entity of a user, and with a function that goes through the rows of the two.
  @inline(__always)
  package func forEachPair(user: UInt32, _ body: (_ entity: UInt32, _ forEachRow: ((Int) -> Void) -> Void) -> Void) {
    guard Int(user) < users.count else { return }
    var pair = users[Int(user)]
    while pair != 0 {
      let current = pairs[Int(pair) - 1]
      body(current.entity) { forEachRow(of: current, $0) }
      pair = current.next
    }
  }

  @inline(__always)
  private func forEachRow(of pair: Pair, _ body: (Int) -> Void) {
    var row = pair.row
    while row != 0 {
      body(Int(row) - 1)
      row = previous[Int(row) - 1]
    }
  }
}
