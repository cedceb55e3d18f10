import Columnar

/// The versions of one source in the order of segments: those of a memtable, or of a segment, of one user, of some rows or of
/// all, or without row groups that a condition on metadata rules out.
package struct UnitCursor: Sendable {
  private enum Source: Sendable {
    case memory([UnitVersion])
    case segment(UnitSegment)
  }

  private let source: Source
  private let user: [UInt8]?
  /// Of every row of the segment its class, and the one that is wanted; nil where all are.
  private let selection: (classes: [UInt16], wanted: UInt16)?
  /// Row groups without metadata that may satisfy it are passed over, unread.
  private let condition: UnitCondition?
  /// By row group, whether it was passed over.
  private var isPassed: [Bool] = []
  /// Rows of the row groups before.
  private var base = 0
  private var group: UnitGroup?
  private var number = 0
  private var row = 0
  /// Where the cursor stands; nil at the end.
  package private(set) var current: UnitItem?

  /// Versions that are sorted.
  package init(_ versions: [UnitVersion]) {
    source = .memory(versions)
    user = nil
    selection = nil
    condition = nil
    current = versions.first.map { UnitItem($0) }
  }

  package init(
    _ segment: UnitSegment, user: [UInt8]? = nil, where condition: UnitCondition? = nil
  ) throws(StoreError) {
    source = .segment(segment)
    self.user = user
    selection = nil
    self.condition = condition
    if condition != nil { isPassed = [Bool](repeating: false, count: segment.footer.groups.count) }
    // No muid is empty, so this is before all of the user's units.
    if let user { number = segment.firstGroup(notBefore: user, []) }
    try settle()
  }

  /// The rows of one class; `classes` tells that of every row of the segment.
  init(_ segment: UnitSegment, classes: [UInt16], wanted: UInt16) throws(StoreError) {
    precondition(classes.count == segment.rows, "a class for every row")
    source = .segment(segment)
    user = nil
    selection = (classes, wanted)
    condition = nil
    try settle()
  }

  package mutating func advance() throws(StoreError) {
    row += 1
    if case .memory(let versions) = source {
      current = row < versions.count ? UnitItem(versions[row]) : nil
      return
    }
    try settle()
  }

  /// Finds the row where the cursor of a segment stands.
  private mutating func settle() throws(StoreError) {
    guard case .segment(let segment) = source else { return }
    while true {
      if let group {
        skipRows(of: group)
        if row == group.rows {
          base += group.rows
          number += 1
          row = 0
          self.group = nil
          continue
        }
        let version = try segment.version(group, row)
        if let user, version.user != user {
          current = nil
        } else {
          current = UnitItem(version: version, place: UnitItem.Place(segment, group, row))
        }
        return
      }
      try skipGroups(of: segment)
      guard number < segment.footer.groups.count else {
        current = nil
        return
      }
      let group = try segment.group(number, keeps: false)
      if let user { row = group.firstRow(notBefore: user, []) }
      self.group = group
    }
  }

  private mutating func skipRows(of group: UnitGroup) {
    guard let selection else { return }
    while row < group.rows, selection.classes[base + row] != selection.wanted { row += 1 }
  }

  /// Row groups without a wanted row are not read, nor those behind the last of the user.
  private mutating func skipGroups(of segment: UnitSegment) throws(StoreError) {
    while number < segment.footer.groups.count {
      let entry = segment.footer.groups[number]
      if let user, compareBytes(entry.firstUser, user) > 0 {
        number = segment.footer.groups.count
        return
      }
      if let selection {
        if selection.classes[base..<base + entry.rows].contains(selection.wanted) { return }
      } else if let condition {
        if try segment.mayMatch(condition.metadata, group: number) { return }
        isPassed[number] = true
      } else {
        return
      }
      base += entry.rows
      number += 1
    }
  }

  /// Whether a row group that was passed over has a newer version of a unit that the cursor is behind of.
  func hides(_ version: UnitVersion) throws(StoreError) -> Bool {
    guard let condition, case .segment(let segment) = source else { return false }
    return try segment.hasNewer(than: version, hashSeed: condition.hashSeed) { isPassed[$0] }
  }
}

/// A condition on the metadata of units.
package struct UnitCondition: Sendable {
  let metadata: MetadataPredicate
  /// The store's.
  let hashSeed: UInt64
}
