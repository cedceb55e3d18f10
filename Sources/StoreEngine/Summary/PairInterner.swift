import Columnar

/// Numbers pairs of codes in the order in which they first come: groups of two parts out of the groups of one.
struct PairInterner {
  private struct Slot {
    var pair: UInt64 = 0
    /// The code of the pair + 1, 0 where the slot is free.
    var code: UInt32 = 0
  }

  /// Pairs of a small left code and a right code near the first one that came have a place of their own, which holds their
  /// code + 1: days and dimensions nearly always do.
  private var near: [UInt32] = []
  private var firstRight: UInt32 = 0
  private static let nearLefts = 16
  private static let nearRights = 2_048

  /// For all others. A power of two long, at most half full.
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
    guard let first = right.first else { return }
    if near.isEmpty {
      near = [UInt32](repeating: 0, count: Self.nearLefts * Self.nearRights)
      firstRight = first &- UInt32(Self.nearRights / 2)
    }
    reserve(left.count)
    var last = UInt64.max
    var code: UInt32 = 0
    for index in left.indices {
      let pair = UInt64(left[index]) << 32 | UInt64(right[index])
      if pair != last || index == 0 {
        last = pair
        let distance = right[index] &- firstRight
        if left[index] < UInt32(Self.nearLefts), distance < UInt32(Self.nearRights) {
          let place = Int(left[index]) &* Self.nearRights &+ Int(distance)
          if near[place] == 0 {
            pairs.append(pair)
            near[place] = UInt32(pairs.count)
          }
          code = near[place] &- 1
        } else {
          code = find(pair)
        }
      }
      left[index] = code
    }
  }

  /// The code of a pair; nil where it never came.
  func code(_ left: UInt32, _ right: UInt32) -> UInt32? {
    let distance = right &- firstRight
    if left < UInt32(Self.nearLefts), distance < UInt32(Self.nearRights), !near.isEmpty {
      let code = near[Int(left) * Self.nearRights + Int(distance)]
      return code == 0 ? nil : code - 1
    }
    let pair = UInt64(left) << 32 | UInt64(right)
    let mask = slots.count - 1
    var slot = Self.hash(pair) & mask
    while slots[slot].code != 0 && slots[slot].pair != pair { slot = (slot + 1) & mask }
    return slots[slot].code == 0 ? nil : slots[slot].code - 1
  }

  @inline(__always)
  private mutating func find(_ pair: UInt64) -> UInt32 {
    let mask = slots.count - 1
    var slot = Self.hash(pair) & mask
    while slots[slot].code != 0 && slots[slot].pair != pair { slot = (slot &+ 1) & mask }
    if slots[slot].code == 0 {
      pairs.append(pair)
      slots[slot] = Slot(pair: pair, code: UInt32(pairs.count))
    }
    return slots[slot].code &- 1
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
