/// A stable least-significant-digit radix sort of rows by 64-bit keys.
///
/// An owner of unsafe code: digits are 11 bits, counts are taken in one pass, and the scatter writes through pointers. All
/// indices come from counts of the same pairs, so they stay inside the two buffers of `order.count` pairs.
enum RadixSort {
  private struct Pair {
    var key: UInt64
    var row: UInt32
  }

  private static let digitBits = 11
  private static let buckets = 1 << digitBits

  /// Reorders `order`, whose elements are indices of `keys`, by ascending key; equal keys keep their order.
  static func sort(_ order: inout [UInt32], by keys: [UInt64]) {
    let count = order.count
    guard count > 1 else { return }
    var pairs: [Pair] = []
    pairs.reserveCapacity(count)
    var seen: UInt64 = 0
    var isSorted = true
    var previous = keys[Int(order[0])]
    let first = previous
    for row in order {
      let key = keys[Int(row)]
      pairs.append(Pair(key: key, row: row))
      seen |= key ^ first
      isSorted = isSorted && previous <= key
      previous = key
    }
    if isSorted { return }
    if count < 256 {
      // Few rows: counting buckets would cost more than comparing. The row breaks ties, in the order given.
      let ranked = pairs.enumerated().sorted { a, b in
        a.element.key != b.element.key ? a.element.key < b.element.key : a.offset < b.offset
      }
      for (index, pair) in ranked.enumerated() { order[index] = pair.element.row }
      return
    }
    let digits = (64 - seen.leadingZeroBitCount + digitBits - 1) / digitBits
    var other = pairs
    for digit in 0..<digits {
      let shift = UInt64(digit * digitBits)
      // Where all keys agree in a digit there is nothing to move.
      if (seen >> shift) & UInt64(buckets - 1) == 0 { continue }
      scatter(pairs, into: &other, shift: shift)
      swap(&pairs, &other)
    }
    for index in 0..<count { order[index] = pairs[index].row }
  }

  private static func scatter(_ pairs: [Pair], into target: inout [Pair], shift: UInt64) {
    let mask = UInt64(buckets - 1)
    unsafe withUnsafeTemporaryAllocation(of: Int.self, capacity: buckets) { next in
      unsafe next.initialize(repeating: 0)
      unsafe pairs.withUnsafeBufferPointer { source in
        unsafe target.withUnsafeMutableBufferPointer { target in
          var index = 0
          while index < source.count {
            unsafe next[Int(truncatingIfNeeded: (source[index].key >> shift) & mask)] &+= 1
            index &+= 1
          }
          var sum = 0
          for bucket in 0..<buckets {
            let size = unsafe next[bucket]
            unsafe next[bucket] = sum
            sum &+= size
          }
          index = 0
          while index < source.count {
            let pair = unsafe source[index]
            let bucket = Int(truncatingIfNeeded: (pair.key >> shift) & mask)
            let place = unsafe next[bucket]
            unsafe target[place] = pair
            unsafe next[bucket] = place &+ 1
            index &+= 1
          }
        }
      }
    }
  }
}
