/// Finds the row of an event by its identity: an open-addressed table of row numbers.
///
/// A slot holds half of the key's hash beside the row, so that rows are only looked at where the half agrees. The home of
/// a row is in the same half, so that growing needs nothing else. An owner of unsafe code: slots are read and written by
/// pointer, at places that the mask keeps inside.
@safe
package struct KeyIndex: Sendable {
  /// Upper half: of the hash; lower half: row + 1. 0 where free. A power of two long.
  private var slots: [UInt64] = []
  /// How far to shift an entry to find its home.
  private var shift: UInt64 = 64
  package private(set) var count = 0

  package init() {}

  package var memory: Int { slots.capacity * 8 }

  /// Keys that are looked up together, so that their waits for memory overlap.
  private static let blockLength = 32

  /// Looks up the keys of `rows`, whose hashes are `hashes[row]`. Keys that are not there yet are added with the row
  /// numbers that follow the last.
  ///
  /// `matches` tells whether a number that is here is that of a row; `found` is told of those that are.
  @inline(__always)
  package mutating func claim(
    _ rows: ArraySlice<UInt32>, hashes: [UInt64], matches: (_ number: Int, _ row: Int) -> Bool,
    found: (_ row: Int, _ number: Int) -> Void, added: (_ row: Int) -> Void
  ) {
    reserve(rows.count)
    let shift = self.shift
    var next = count
    unsafe slots.withUnsafeMutableBufferPointer { slots in
      let mask = slots.count - 1
      unsafe Self.forEachBlock(of: rows, hashes, slots.baseAddress, shift) { row, hash in
        let tag = hash & Self.tagMask
        var slot = Int(truncatingIfNeeded: tag &>> shift)
        while true {
          let stored = unsafe slots[slot]
          if stored == 0 {
            next += 1
            unsafe slots[slot] = tag | UInt64(next)
            added(row)
            return
          }
          if stored & Self.tagMask == tag {
            let number = Int(stored & ~Self.tagMask) - 1
            if matches(number, row) { return found(row, number) }
          }
          slot = (slot + 1) & mask
        }
      }
    }
    count = next
  }

  /// Looks up the keys of `rows` and adds nothing.
  @inline(__always)
  package func find(
    _ rows: ArraySlice<UInt32>, hashes: [UInt64], matches: (_ number: Int, _ row: Int) -> Bool,
    found: (_ row: Int, _ number: Int) -> Void
  ) {
    guard count > 0 else { return }
    let shift = self.shift
    unsafe slots.withUnsafeBufferPointer { slots in
      let mask = slots.count - 1
      unsafe Self.forEachBlock(of: rows, hashes, slots.baseAddress, shift) { row, hash in
        let tag = hash & Self.tagMask
        var slot = Int(truncatingIfNeeded: tag &>> shift)
        while true {
          let stored = unsafe slots[slot]
          if stored == 0 { return }
          if stored & Self.tagMask == tag {
            let number = Int(stored & ~Self.tagMask) - 1
            if matches(number, row) { return found(row, number) }
          }
          slot = (slot + 1) & mask
        }
      }
    }
  }

  private static let tagMask: UInt64 = 0xFFFF_FFFF_0000_0000

  /// Calls `body` with every row and its hash, after a first look at the slots of a whole block of rows.
  @inline(__always)
  private static func forEachBlock(
    of rows: ArraySlice<UInt32>, _ hashes: [UInt64], _ slots: UnsafePointer<UInt64>?, _ shift: UInt64,
    _ body: (Int, UInt64) -> Void
  ) {
    guard let slots = unsafe slots else { return }
    unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * blockLength) { block in
      var next = rows.startIndex
      while next < rows.endIndex {
        let length = min(blockLength, rows.endIndex - next)
        var seen: UInt64 = 0
        for index in 0..<length {
          let hash = hashes[Int(rows[next + index])]
          unsafe block[index] = hash
          seen ^= unsafe slots[Int(truncatingIfNeeded: (hash & tagMask) &>> shift)]
        }
        // Kept, so that the first look is not taken for idle.
        unsafe block[blockLength] = seen
        for index in 0..<length { body(Int(rows[next + index]), unsafe block[index]) }
        next += length
      }
    }
  }

  /// Makes room for `rows` more.
  private mutating func reserve(_ rows: Int) {
    var capacity = max(64, slots.count)
    while (count + rows) * 4 > capacity * 3 { capacity *= 2 }
    guard capacity > slots.count else { return }
    let old = slots
    slots = [UInt64](repeating: 0, count: capacity)
    shift = UInt64(capacity.leadingZeroBitCount + 1)
    let mask = capacity - 1
    for entry in old where entry != 0 {
      var slot = Int(truncatingIfNeeded: (entry & Self.tagMask) &>> shift)
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = entry
    }
  }
}
