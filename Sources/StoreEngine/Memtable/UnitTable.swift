/// The newest memory units of a partition, in memory: their versions in the order of arrival, and an index by unit.
package struct UnitTable: Sendable {
  /// In the order of arrival.
  package private(set) var versions: [UnitVersion] = []
  /// By the hash of a unit: its version that came last. Versions of other units may share the hash.
  private var newest: [UInt64: Int32] = [:]
  /// By version: the one of the same hash that came before; -1 where there is none.
  private var before: [Int32] = []
  private var held = 0

  package init() {}

  package var memory: Int { held + versions.capacity * 8 + before.capacity * 4 + newest.capacity * 16 }

  package mutating func append(_ version: UnitVersion, hash: UInt64) {
    let place = Int32(versions.count)
    before.append(newest.updateValue(place, forKey: hash) ?? -1)
    versions.append(version)
    held += version.memory
  }

  /// All versions of a unit, in no order.
  package func versions(user: [UInt8], muid: [UInt8], hash: UInt64) -> [UnitVersion] {
    var found: [UnitVersion] = []
    var place = newest[hash] ?? -1
    while place >= 0 {
      let version = versions[Int(place)]
      if version.muid == muid, version.user == user { found.append(version) }
      place = before[Int(place)]
    }
    return found
  }

  /// The versions of one user, or of all, in the order of segments.
  package func sorted(user: [UInt8]? = nil) -> [UnitVersion] {
    let wanted = user.map { user in versions.filter { $0.user == user } } ?? versions
    return wanted.sorted { UnitVersion.compare($0, $1) < 0 }
  }
}
