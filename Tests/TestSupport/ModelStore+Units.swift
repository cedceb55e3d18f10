package import StoreEngine

/// The naive model of memory units: all versions in a dictionary.
extension ModelStore {
  /// The identity of a version, by bytes.
  package struct UnitKey: Hashable, Sendable {
    package let user: [UInt8]
    package let muid: [UInt8]
    package let updatedAt: Timestamp

    package init(_ unit: MemoryUnit) {
      user = Array(unit.user.utf8)
      muid = Array(unit.muid.utf8)
      updatedAt = unit.updatedAt
    }
  }

  /// A version with its texts as bytes, since texts that look alike are not the same.
  package struct StoredUnit: Sendable, Equatable {
    package let unit: MemoryUnit
    private let texts: [[UInt8]]

    package init(_ unit: MemoryUnit) {
      self.unit = unit
      texts = [unit.title, unit.content, unit.metadata, unit.status, unit.sourceType].map { Array($0.utf8) }
    }
  }

  /// What one commit brings that is new.
  package struct Frame: Sendable {
    package var events: [GrowthEvent] = []
    package var units: [MemoryUnit] = []

    package init(events: [GrowthEvent] = [], units: [MemoryUnit] = []) {
      self.events = events
      self.units = units
    }

    package var isEmpty: Bool { events.isEmpty && units.isEmpty }
    package var count: Int { events.count + units.count }
  }

  /// Appends versions by the rules of the store; `fresh` collects those that were new.
  package mutating func append(_ batch: [MemoryUnit], fresh: inout [MemoryUnit]) -> Outcome {
    var outcome = Outcome()
    for (row, unit) in batch.enumerated() {
      if expiredUnits.contains(UnitKey(unit)) {
        // What it said is forgotten, so it never conflicts.
        outcome.duplicates += 1
      } else if let stored = units[UnitKey(unit)] {
        if stored == StoredUnit(unit) { outcome.duplicates += 1 } else { outcome.conflicts.append(row) }
      } else {
        units[UnitKey(unit)] = StoredUnit(unit)
        fresh.append(unit)
        outcome.stored += 1
      }
    }
    return outcome
  }

  package mutating func adopt(_ frame: Frame) {
    adopt(frame.events)
    adopt(frame.units)
  }

  package mutating func adopt(_ fresh: [MemoryUnit]) {
    for unit in fresh where !expiredUnits.contains(UnitKey(unit)) { units[UnitKey(unit)] = StoredUnit(unit) }
  }

  package mutating func expire(_ expiring: Set<UnitKey>) {
    for key in expiring { units[key] = nil }
    expiredUnits.formUnion(expiring)
  }

  /// The ages, in days, at which a rule lets versions go: the whole unit of one that is the newest, and one that is not.
  package struct UnitAges: Sendable {
    package var unit: Int?
    package var versions: Int?

    package init(unit: Int? = nil, versions: Int? = nil) {
      self.unit = unit
      self.versions = versions
    }
  }

  /// The versions that expire, by the calendar, of those that are in files; a unit of which one is in memory stays.
  package func expiringUnits(
    at now: Int64, inFiles: Set<UnitKey>, inMemory: Set<UnitKey> = [], _ rule: (MemoryUnit) -> UnitAges
  ) -> Set<UnitKey> {
    let day: Int64 = 86_400_000_000
    func number(_ time: Int64) -> Int64 { time >= 0 ? time / day : -((-time + day - 1) / day) }
    func isOver(_ unit: MemoryUnit, _ days: Int?) -> Bool {
      guard let days else { return false }
      // No age at all counts to the microsecond.
      if days == 0 { return unit.updatedAt.microseconds <= now }
      return number(unit.updatedAt.microseconds) + 1 + Int64(days) <= number(now)
    }
    var expiring: Set<UnitKey> = []
    for (_, versions) in Dictionary(grouping: units, by: { [$0.key.user, $0.key.muid] }) {
      let newestFirst = versions.sorted { $0.key.updatedAt > $1.key.updatedAt }
      let newest = newestFirst[0].value.unit
      let isOut =
        (isOver(newest, rule(newest).unit) || (newest.isDeleted && isOver(newest, rule(newest).versions)))
        && newestFirst.allSatisfy { !inMemory.contains($0.key) }
      for (place, version) in newestFirst.enumerated() where inFiles.contains(version.key) {
        let unit = version.value.unit
        if isOut || (place > 0 && isOver(unit, rule(unit).versions)) { expiring.insert(version.key) }
      }
    }
    return expiring
  }

  /// All versions of a unit, the newest first.
  package func unitHistory(_ muid: String, of user: String) -> [StoredUnit] {
    let wanted = units.filter { $0.key.user == Array(user.utf8) && $0.key.muid == Array(muid.utf8) }
    return wanted.sorted { $0.key.updatedAt > $1.key.updatedAt }.map(\.value)
  }
}
