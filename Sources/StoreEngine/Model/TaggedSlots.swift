/// The slots of an open-addressed table of numbers, a power of two of them: in the upper half of each the same of a hash, which
/// also tells its home, so that growing needs nothing else; in the lower half a number from 1; 0 where it is free.
enum TaggedSlots {
  static let tagMask: UInt64 = 0xFFFF_FFFF_0000_0000

  /// Makes room for `count` numbers, with a quarter of the slots free. `shift` is how far to shift an entry to find its home.
  static func reserve(_ count: Int, in slots: inout [UInt64], shift: inout UInt64) {
    var capacity = max(64, slots.count)
    while count * 4 > capacity * 3 { capacity *= 2 }
    guard capacity > slots.count else { return }
    let old = slots
    slots = [UInt64](repeating: 0, count: capacity)
    shift = UInt64(capacity.leadingZeroBitCount + 1)
    let mask = capacity - 1
    for entry in old where entry != 0 {
      var slot = Int(truncatingIfNeeded: (entry & tagMask) &>> shift)
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = entry
    }
  }
}
