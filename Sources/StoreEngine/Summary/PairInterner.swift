import Columnar

/// Numbers pairs of codes in the order in which they first come: groups of two parts out of the groups of one.
struct PairInterner {
  private struct Slot {
    var pair: UInt64 = 0
    /// The code of the pair + 1, 0 where the slot is free.
    var code: UInt32 = 0
  }

  /// A power of two long, at most half full.
  private var slots = [Slot](repeating: Slot(), count: 1_024)
  /// By code: the left part in the upper half.
  private(set) var pairs: [UInt64] = []

  var count: Int { pairs.count }

  func left(_ code: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: pairs[Int(code)] >> 32) }

  func right(_ code: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: pairs[Int(code)]) }

  /// Replaces every left code by that of its pair with the right code in the same place. Complexity: O(1) for each, with
  /// one look-up for a stretch of equal pairs.
  mutating func combine(_ left: inout [UInt32], with right: [UInt32]) {
    precondition(left.count == right.count, "two columns of one page")
    reserve(left.count)
    let mask = slots.count - 1
    var last = UInt64.max
    var code: UInt32 = 0
    unsafe slots.withUnsafeMutableBufferPointer { slots in
      unsafe left.withUnsafeMutableBufferPointer { left in
        unsafe right.withUnsafeBufferPointer { right in
          for index in 0..<left.count {
            let pair = unsafe UInt64(left[index]) << 32 | UInt64(right[index])
            if pair != last || index == 0 {
              last = pair
              var slot = Self.hash(pair) & mask
              while unsafe slots[slot].code != 0 && slots[slot].pair != pair { slot = (slot &+ 1) & mask }
              if unsafe slots[slot].code == 0 {
                pairs.append(pair)
                unsafe slots[slot] = Slot(pair: pair, code: UInt32(pairs.count))
              }
              code = unsafe slots[slot].code &- 1
            }
            unsafe left[index] = code
          }
        }
      }
    }
  }

  /// Makes room for `more` pairs.
  private mutating func reserve(_ more: Int) {
    precondition(pairs.count + more < Int(UInt32.max), "a summary has at most 2^32 groups")
    guard (pairs.count + more) * 2 > slots.count else { return }
    var capacity = slots.count
    while (pairs.count + more) * 2 > capacity { capacity *= 2 }
    slots = [Slot](repeating: Slot(), count: capacity)
    let mask = capacity - 1
    for (code, pair) in pairs.enumerated() {
      var slot = Self.hash(pair) & mask
      while slots[slot].code != 0 { slot = (slot + 1) & mask }
      slots[slot] = Slot(pair: pair, code: UInt32(code + 1))
    }
    pairs.reserveCapacity(capacity / 2)
  }

  @inline(__always)
  private static func hash(_ pair: UInt64) -> Int {
    Int(truncatingIfNeeded: foldedMultiply(pair ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB))
  }
}
