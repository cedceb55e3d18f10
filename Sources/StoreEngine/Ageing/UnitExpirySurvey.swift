import Columnar

/// Which versions of memory units of a partition have expired.
///
/// Whether a version is the newest of its unit takes a look at all files and at memory: their keys are merged, and those
/// columns that rules ask for. Memory: what the row groups at the heads take, and about 50 bytes for each expired version.
struct UnitExpirySurvey {
  /// By segment: the rows that go.
  private(set) var rows: [UInt64: Set<UnitPlace>] = [:]
  /// By segment: how many go by each rule.
  private(set) var counts: [UInt64: [Int]] = [:]
  /// Of all of them, sorted.
  private(set) var keys: [ExpiredKey] = []
  /// The days on which they were made.
  private(set) var days = EventDays()

  private let moment: UnitAgeingMoment
  private let hashSeed: UInt64
  private var dayNumbers: Set<Int64> = []

  /// - Parameters:
  ///   - memory: versions that are in no file, or were not a moment ago. They stay, and so does each unit of which one is here.
  ///   - segments: those of the partition.
  init(
    _ segments: [UnitSegment], memory: [UnitTable], _ moment: UnitAgeingMoment, hashSeed: UInt64
  ) throws(StoreError) {
    self.moment = moment
    self.hashSeed = hashSeed
    var cursors: [UnitKeyCursor] = []
    for segment in segments { cursors.append(try UnitKeyCursor(segment, moment)) }
    for table in memory { cursors.append(try UnitKeyCursor(table.sorted(), moment)) }
    var unit: [(head: UnitKeyCursor.Head, fileID: UInt64?)] = []
    while let first = Self.first(cursors) {
      unit.removeAll(keepingCapacity: true)
      for index in cursors.indices {
        while let head = cursors[index].head, head.compareUnit(first) == 0 {
          unit.append((head, cursors[index].fileID))
          try cursors[index].advance()
        }
      }
      judge(unit)
    }
    keys.sort()
    days.days = dayNumbers.sorted()
    if days.days.count > SegmentLayout.mostDays {
      days = EventDays()
      days.isUnknown = true
    }
  }

  /// The head of the first unit.
  private static func first(_ cursors: [UnitKeyCursor]) -> UnitKeyCursor.Head? {
    var first: UnitKeyCursor.Head?
    for cursor in cursors {
      guard let head = cursor.head else { continue }
      if first.map({ head.compareUnit($0) < 0 }) ?? true { first = head }
    }
    return first
  }

  /// Notes what goes of all versions of a unit.
  private mutating func judge(_ unit: [(head: UnitKeyCursor.Head, fileID: UInt64?)]) {
    guard var newest = unit.first?.head else { return }
    for version in unit where version.head.updatedAt > newest.updatedAt { newest = version.head }
    // The newest goes with all others or stays: else one that was replaced would be the unit again.
    let goes =
      moment.hasExpired(newest: newest.updatedAt, isDeleted: newest.isDeleted, rule: newest.rule)
      && unit.allSatisfy { $0.fileID != nil }
    for (head, fileID) in unit {
      guard let fileID else { continue }
      let isExpired =
        goes
        || (head.updatedAt < newest.updatedAt && moment.hasExpired(superseded: head.updatedAt, rule: head.rule))
      guard isExpired else { continue }
      rows[fileID, default: []].insert(head.place)
      // A unit goes by the rule of its newest version.
      let rule = goes ? newest.rule : head.rule
      counts[fileID, default: [Int](repeating: 0, count: moment.rules.rules.count)][rule] += 1
      keys.append(ExpiredKey(user: head.user, muid: head.muid, updatedAt: head.updatedAt, hashSeed: hashSeed))
      dayNumbers.insert(Int64(Timestamp(microseconds: head.updatedAt).day))
    }
  }
}
