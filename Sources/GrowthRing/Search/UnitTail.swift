import StoreEngine
import TextSearch

/// Units of which a version is not in the index because a power loss might still take it: they are looked at themselves.
struct UnitTail {
  private struct Key: Hashable {
    let user: [UInt8]
    let muid: [UInt8]
  }

  private var keys: Set<Key> = []
  private(set) var units: [(user: String, muid: String)] = []

  var isEmpty: Bool { units.isEmpty }

  mutating func add(_ unit: MemoryUnit) {
    if keys.insert(Key(user: Array(unit.user.utf8), muid: Array(unit.muid.utf8))).inserted {
      units.append((unit.user, unit.muid))
    }
  }

  func contains(_ user: String, _ muid: String) -> Bool {
    keys.contains(Key(user: Array(user.utf8), muid: Array(muid.utf8)))
  }
}
