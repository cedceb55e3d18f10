import Columnar

/// The versions of units of one source in the order of segments, with nothing but what decides whether they expire.
struct UnitKeyCursor {
  /// A version.
  struct Head {
    let user: [UInt8]
    let muid: [UInt8]
    let updatedAt: Int64
    let isDeleted: Bool
    /// The place of the rule that takes it.
    let rule: Int
    /// Where it is in its segment.
    let place: UnitPlace

    /// The order of its unit against that of another: negative, zero or positive.
    func compareUnit(_ other: Head) -> Int {
      let order = compareBytes(user, other.user)
      return order != 0 ? order : compareBytes(muid, other.muid)
    }
  }

  private enum Source {
    case memory([UnitVersion])
    case segment(UnitSegment)
  }

  private let source: Source
  /// Of a segment; nil in memory.
  let fileID: UInt64?
  private let moment: UnitAgeingMoment
  private var group: UnitGroup?
  private var rules: [Int] = []
  private var number = 0
  private var row = 0
  /// Nil at the end.
  private(set) var head: Head?

  /// Versions in memory, sorted, which stay.
  init(_ versions: [UnitVersion], _ moment: UnitAgeingMoment) throws(StoreError) {
    source = .memory(versions)
    fileID = nil
    self.moment = moment
    try settle()
  }

  init(_ segment: UnitSegment, _ moment: UnitAgeingMoment) throws(StoreError) {
    source = .segment(segment)
    fileID = segment.fileID
    self.moment = moment
    try settle()
  }

  mutating func advance() throws(StoreError) {
    row += 1
    try settle()
  }

  private mutating func settle() throws(StoreError) {
    switch source {
    case .memory(let versions):
      guard row < versions.count else {
        head = nil
        return
      }
      let fields = versions[row].fields
      head = Head(
        user: fields.user, muid: fields.muid, updatedAt: fields.updatedAt, isDeleted: fields.isDeleted,
        rule: moment.rule(of: fields), place: UnitPlace(group: 0, row: row))
    case .segment(let segment):
      if group.map({ row >= $0.rows }) == true {
        group = nil
        number += 1
        row = 0
      }
      guard number < segment.footer.groups.count else {
        head = nil
        return
      }
      let group: UnitGroup
      if let current = self.group { group = current } else { group = try next(of: segment) }
      head = Head(
        user: group.users[row], muid: group.muids[row], updatedAt: group.updatedAt[row],
        isDeleted: UnitVersion.Fields.isDeleted(group.flags[row]), rule: rules[row],
        place: UnitPlace(group: number, row: row))
    }
  }

  private mutating func next(of segment: UnitSegment) throws(StoreError) -> UnitGroup {
    let group = try segment.group(number, keeps: false)
    guard group.rows > 0, group.updatedAt.allSatisfy(UnitVersion.Fields.times.contains) else {
      throw StoreError(
        .corruption, file: segment.path, offset: group.header.keys.offset,
        "a memory unit with a time outside of the years 1 to 9999")
    }
    rules = try segment.rules(of: group, moment)
    self.group = group
    return group
  }
}
