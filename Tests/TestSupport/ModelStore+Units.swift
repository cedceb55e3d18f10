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
      if let stored = units[UnitKey(unit)] {
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
    for unit in fresh { units[UnitKey(unit)] = StoredUnit(unit) }
  }

  /// All versions of a unit, the newest first.
  package func unitHistory(_ muid: String, of user: String) -> [StoredUnit] {
    let wanted = units.filter { $0.key.user == Array(user.utf8) && $0.key.muid == Array(muid.utf8) }
    return wanted.sorted { $0.key.updatedAt > $1.key.updatedAt }.map(\.value)
  }
}
