import GrowthRing

/// The codes that a batch has given to ids or lines so far: an open-addressed table for as many as it was made for.
struct RecordCodes {
  private var slots: [Int32]
  private var keys: [EventID] = []
  private var codes: [EventBatch.TextCode] = []
  private let mask: Int

  init(capacity: Int) {
    var count = 8
    while count < 2 * capacity { count *= 2 }
    slots = [Int32](repeating: -1, count: count)
    mask = count - 1
  }

  /// The code of a key; `make` gives it where the key is new.
  @inline(__always)
  mutating func code(_ key: EventID, _ make: () throws -> EventBatch.TextCode) rethrows -> EventBatch.TextCode {
    // Ids are random, and lines are few bits that the product spreads.
    var slot = Int(truncatingIfNeeded: ((key.high ^ key.low) &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while slots[slot] >= 0 {
      let place = Int(slots[slot])
      if keys[place] == key { return codes[place] }
      slot = (slot + 1) & mask
    }
    let code = try make()
    slots[slot] = Int32(keys.count)
    keys.append(key)
    codes.append(code)
    return code
  }
}
