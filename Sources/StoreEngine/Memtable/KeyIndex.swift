/// Finds the row of an event by its identity: an open-addressed table of row numbers.
///
/// A slot holds half of the key's hash beside the row, so that rows are only looked at where the half agrees. An owner of
/// unsafe code: slots are read and written by pointer, at places that the mask keeps inside.
@safe
package struct KeyIndex: Sendable {
  /// See `TaggedSlots`: row + 1.
  private var slots: [UInt64] = []
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
    TaggedSlots.reserve(count + rows.count, in: &slots, shift: &shift)
    let shift = self.shift
    var next = count
    unsafe slots.withUnsafeMutableBufferPointer { slots in
      let mask = slots.count - 1
      unsafe Self.forEachBlock(of: rows, hashes, slots.baseAddress, shift) { row, hash in
        let tag = hash & TaggedSlots.tagMask
        var slot = Int(truncatingIfNeeded: tag &>> shift)
        while true {
          let stored = unsafe slots[slot]
          if stored == 0 {
            next += 1
            unsafe slots[slot] = tag | UInt64(next)
            added(row)
            return
          }
          if stored & TaggedSlots.tagMask == tag {
            let number = Int(stored & ~TaggedSlots.tagMask) - 1
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
        let tag = hash & TaggedSlots.tagMask
        var slot = Int(truncatingIfNeeded: tag &>> shift)
        while true {
          let stored = unsafe slots[slot]
          if stored == 0 { return }
          if stored & TaggedSlots.tagMask == tag {
            let number = Int(stored & ~TaggedSlots.tagMask) - 1
            if matches(number, row) { return found(row, number) }
          }
          slot = (slot + 1) & mask
        }
      }
    }
  }

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
          seen ^= unsafe slots[Int(truncatingIfNeeded: (hash & TaggedSlots.tagMask) &>> shift)]
        }
        // Kept, so that the first look is not taken for idle.
        unsafe block[blockLength] = seen
        for index in 0..<length { body(Int(rows[next + index]), unsafe block[index]) }
        next += length
      }
    }
  }
}
