import Columnar

/// Compares the ids of many rows with a few or many wanted ids of the same user.
struct EventKeyFinder {
  private let keys: ArraySlice<EventKey>
  /// Index in `keys` + 1 by hash, 0 where free; empty where the keys are so few that comparing each is cheaper.
  private var slots: [UInt32] = []
  /// Keys not found yet.
  private(set) var missing: Int

  private static let fewKeys = 4

  init(_ keys: ArraySlice<EventKey>) {
    self.keys = keys
    missing = keys.count
    guard keys.count > Self.fewKeys else { return }
    var capacity = 16
    while capacity < keys.count * 2 { capacity *= 2 }
    slots = [UInt32](repeating: 0, count: capacity)
    for index in keys.indices {
      var slot = Self.hash(keys[index].high, keys[index].low) & (capacity - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = UInt32(index - keys.startIndex) + 1
    }
  }

  /// Notes `location` for every wanted key with this id; a key that was asked for twice is found twice.
  mutating func match(high: UInt64, low: UInt64, _ location: EventLocation, in found: inout [EventLocation?]) {
    if slots.isEmpty {
      for index in keys.indices { note(index, high, low, location, &found) }
      return
    }
    var slot = Self.hash(high, low) & (slots.count - 1)
    while slots[slot] != 0 {
      note(keys.startIndex + Int(slots[slot]) - 1, high, low, location, &found)
      slot = (slot + 1) & (slots.count - 1)
    }
  }

  private mutating func note(
    _ index: Int, _ high: UInt64, _ low: UInt64, _ location: EventLocation, _ found: inout [EventLocation?]
  ) {
    guard keys[index].high == high, keys[index].low == low, found[index] == nil else { return }
    found[index] = location
    missing -= 1
  }

  private static func hash(_ high: UInt64, _ low: UInt64) -> Int {
    Int(truncatingIfNeeded: foldedMultiply(high ^ 0xA076_1D64_78BD_642F, low ^ 0xE703_7ED1_A0B4_28DB))
  }
}
