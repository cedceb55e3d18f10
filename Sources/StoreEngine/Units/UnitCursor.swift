/// The versions of one source in the order of segments: those of a memtable, or of a segment, of one user, of some rows or of
/// all.
package struct UnitCursor: Sendable {
  private enum Source: Sendable {
    case memory([UnitVersion])
    case segment(UnitSegment)
  }

  private let source: Source
  private let user: [UInt8]?
  /// Of every row of the segment its class, and the one that is wanted; nil where all are.
  private let selection: (classes: [UInt16], wanted: UInt16)?
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
    current = versions.first.map { UnitItem($0) }
  }

  package init(_ segment: UnitSegment, user: [UInt8]? = nil) throws(StoreError) {
    source = .segment(segment)
    self.user = user
    selection = nil
    if let user {
      // No muid is empty, so this is before all of the user's units.
      number = segment.firstGroup(notBefore: user, [])
      if number < segment.footer.groups.count {
        let group = try segment.group(number, keeps: false)
        self.group = group
        row = group.firstRow(notBefore: user, [])
      }
    }
    try settle()
  }

  /// The rows of one class; `classes` tells that of every row of the segment.
  init(_ segment: UnitSegment, classes: [UInt16], wanted: UInt16) throws(StoreError) {
    precondition(classes.count == segment.rows, "a class for every row")
    source = .segment(segment)
    user = nil
    selection = (classes, wanted)
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
      skipGroups(of: segment)
      guard number < segment.footer.groups.count else {
        current = nil
        return
      }
      group = try segment.group(number, keeps: false)
    }
  }

  private mutating func skipRows(of group: UnitGroup) {
    guard let selection else { return }
    while row < group.rows, selection.classes[base + row] != selection.wanted { row += 1 }
  }

  /// Row groups without a wanted row are not read.
  private mutating func skipGroups(of segment: UnitSegment) {
    guard let selection else { return }
    while number < segment.footer.groups.count {
      let rows = segment.footer.groups[number].rows
      if selection.classes[base..<base + rows].contains(selection.wanted) { return }
      base += rows
      number += 1
    }
  }
}
