import Columnar

/// Numbers pairs of codes in the order in which they first come: groups of two parts out of the groups of one.
struct PairInterner {
  private struct Slot {
    var pair: UInt64 = 0
    /// The code of the pair + 1, 0 where the slot is free.
    var code: UInt32 = 0
  }

  /// Pairs within a rectangle of left and right codes have a place of their own, which holds their code + 1: a row for each
  /// left code from 0 on, a column for each right code from `firstRight` on. Days, dimensions and the like are so few that
  /// the rectangle holds all of them.
  private var near: [UInt32] = []
  private var lefts: UInt32 = 0
  private var rights: UInt32 = 0
  private var firstRight: UInt32 = 0
  /// Whether the rectangle is as large as it may be.
  private var isSettled = false
  /// Half a megabyte, which stays in the cache.
  private static let mostPlaces = 1 << 17

  /// For all others. A power of two long, at most half full.
  private var slots: [Slot] = []
  private var filled = 0
  /// Whether some pairs are known neither to the rectangle nor to the slots.
  private var hasLoosePairs = false
  /// By code: the left part in the upper half.
  private(set) var pairs: [UInt64] = []

  var count: Int { pairs.count }

  func left(_ code: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: pairs[Int(code)] >> 32) }

  func right(_ code: UInt32) -> UInt32 { UInt32(truncatingIfNeeded: pairs[Int(code)]) }

  /// Numbers a pair that has never come, without looking: for those who go through pairs in order. Before pairs are looked
  /// up, `index()` must be called.
  @inline(__always)
  mutating func append(_ left: UInt32, _ right: UInt32) -> UInt32 {
    hasLoosePairs = true
    pairs.append(UInt64(left) << 32 | UInt64(right))
    precondition(pairs.count < Int(UInt32.max), "a summary has at most 2^32 groups")
    return UInt32(truncatingIfNeeded: pairs.count &- 1)
  }

  /// Makes all pairs known to look-ups.
  mutating func index() {
    guard hasLoosePairs else { return }
    hasLoosePairs = false
    (slots, lefts, rights) = ([], 0, 0)
    resize(toHold: pairs.count)
    for code in pairs.indices { insert(code) }
  }

  /// Replaces every left code by that of its pair with the right code in the same place. Complexity: O(1) for each, with
  /// one look-up for a stretch of equal pairs.
  mutating func combine(_ left: inout [UInt32], with right: [UInt32]) {
    precondition(left.count == right.count, "two columns of one page")
    index()
    var row = 0
    while row < left.count {
      row = combine(&left, with: right, from: row)
      // A pair outside of the rectangle, which is made wider where it can be.
      guard row < left.count else { return }
      if !isSettled, widen(left[row], right[row]) { continue }
      let pair = UInt64(left[row]) << 32 | UInt64(right[row])
      let code = find(pair)
      repeat {
        left[row] = code
        row += 1
      } while row < left.count && UInt64(left[row]) << 32 | UInt64(right[row]) == pair
    }
  }

  /// Goes on from a row to the first one whose pair is outside of the rectangle.
  private mutating func combine(_ left: inout [UInt32], with right: [UInt32], from start: Int) -> Int {
    let (lefts, rights, firstRight) = (lefts, rights, firstRight)
    var (near, pairs) = ([UInt32](), [UInt64]())
    swap(&near, &self.near)
    swap(&pairs, &self.pairs)
    var row = start
    unsafe left.withUnsafeMutableBufferPointer { left in
      unsafe right.withUnsafeBufferPointer { right in
        unsafe near.withUnsafeMutableBufferPointer { near in
          while row < left.count {
            let group = unsafe left[row]
            let distance = unsafe right[row] &- firstRight
            guard group < lefts, distance < rights else { return }
            let place = Int(group) &* Int(rights) &+ Int(distance)
            if unsafe near[place] == 0 {
              pairs.append(UInt64(group) << 32 | UInt64(firstRight &+ distance))
              unsafe near[place] = UInt32(truncatingIfNeeded: pairs.count)
            }
            unsafe left[row] = near[place] &- 1
            row &+= 1
          }
        }
      }
    }
    swap(&near, &self.near)
    swap(&pairs, &self.pairs)
    return row
  }

  /// Makes the rectangle hold a pair; false where it would be too large.
  private mutating func widen(_ left: UInt32, _ right: UInt32) -> Bool {
    var (low, high) = (right, right)
    if rights > 0 {
      // Right codes may wrap around: what counts is the way from the first one.
      let distance = Int(Int32(bitPattern: right &- firstRight))
      if distance >= 0 { low = firstRight }
      if distance < Int(rights) { high = firstRight &+ (rights - 1) }
    }
    let span = Int(high &- low) + 1
    var (columns, rows) = (8, 1)
    if low <= high, high < 8 {
      // Codes of few texts, from 0 on.
      (low, high) = (0, 7)
    } else if rights > 0 && span <= Int(rights) {
      columns = Int(rights)
    } else {
      // Twice as wide as needed, in both directions, so that it is not made wider often.
      while columns < span * 2 { columns *= 2 }
    }
    while rows < max(Int(lefts), Int(left) + 1) { rows *= 2 }
    guard columns <= Self.mostPlaces, rows <= Self.mostPlaces, columns * rows <= Self.mostPlaces else {
      isSettled = true
      return false
    }
    if columns != Int(rights) { firstRight = low == 0 && high < 8 ? 0 : low &- UInt32((columns - span) / 2) }
    (lefts, rights) = (UInt32(rows), UInt32(columns))
    near = [UInt32](repeating: 0, count: columns * rows)
    for (code, pair) in pairs.enumerated() {
      let (left, right) = (UInt32(truncatingIfNeeded: pair >> 32), UInt32(truncatingIfNeeded: pair) &- firstRight)
      if left < lefts, right < rights { near[Int(left) * columns + Int(right)] = UInt32(code + 1) }
    }
    return true
  }

  /// The code of a pair; nil where it never came. Where that is `guess` or the code before it, nothing is looked up.
  func code(_ left: UInt32, _ right: UInt32, guess: UInt32 = .max) -> UInt32? {
    let wanted = UInt64(left) << 32 | UInt64(right)
    if Int(guess) < pairs.count, pairs[Int(guess)] == wanted { return guess }
    if Int(guess &- 1) < pairs.count, pairs[Int(guess &- 1)] == wanted { return guess &- 1 }
    let distance = right &- firstRight
    if left < lefts, distance < rights {
      let code = near[Int(left) * Int(rights) + Int(distance)]
      return code == 0 ? nil : code - 1
    }
    guard !slots.isEmpty else { return nil }
    let mask = slots.count - 1
    var slot = Self.hash(wanted) & mask
    while slots[slot].code != 0 && slots[slot].pair != wanted { slot = (slot + 1) & mask }
    return slots[slot].code == 0 ? nil : slots[slot].code - 1
  }

  @inline(__always)
  private mutating func find(_ pair: UInt64) -> UInt32 {
    if (filled + 1) * 2 > slots.count { resize(toHold: filled + 1) }
    let mask = slots.count - 1
    var slot = Self.hash(pair) & mask
    while slots[slot].code != 0 && slots[slot].pair != pair { slot = (slot &+ 1) & mask }
    if slots[slot].code == 0 {
      precondition(pairs.count < Int(UInt32.max) - 1, "a summary has at most 2^32 groups")
      pairs.append(pair)
      slots[slot] = Slot(pair: pair, code: UInt32(pairs.count))
      filled += 1
    }
    return slots[slot].code &- 1
  }

  /// Gives the table room for so many pairs.
  private mutating func resize(toHold count: Int) {
    var capacity = max(1_024, slots.count)
    while count * 2 > capacity { capacity *= 2 }
    let old = slots
    slots = [Slot](repeating: Slot(), count: capacity)
    filled = 0
    for slot in old where slot.code != 0 { insert(Int(slot.code) - 1) }
  }

  /// Notes a pair that is not in the table yet, which has room.
  private mutating func insert(_ code: Int) {
    let mask = slots.count - 1
    var slot = Self.hash(pairs[code]) & mask
    while slots[slot].code != 0 { slot = (slot &+ 1) & mask }
    slots[slot] = Slot(pair: pairs[code], code: UInt32(code + 1))
    filled += 1
  }

  @inline(__always)
  private static func hash(_ pair: UInt64) -> Int {
    Int(truncatingIfNeeded: foldedMultiply(pair ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB))
  }
}
