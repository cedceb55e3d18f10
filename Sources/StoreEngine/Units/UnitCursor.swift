/// The versions of one source in the order of segments: those of a memtable, or of a segment, of one user or of all.
package struct UnitCursor: Sendable {
  private enum Source: Sendable {
    case memory([UnitVersion])
    case segment(UnitSegment)
  }

  private let source: Source
  private let user: [UInt8]?
  private var group: UnitGroup?
  private var number = 0
  private var row = 0
  /// Where the cursor stands; nil at the end.
  package private(set) var current: UnitItem?

  /// Versions that are sorted.
  package init(_ versions: [UnitVersion]) {
    source = .memory(versions)
    user = nil
    current = versions.first.map { UnitItem($0) }
  }

  package init(_ segment: UnitSegment, user: [UInt8]? = nil) throws(StoreError) {
    source = .segment(segment)
    self.user = user
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
      if let group, row < group.rows {
        let version = try segment.version(group, row)
        if let user, version.user != user {
          current = nil
        } else {
          current = UnitItem(version: version, place: UnitItem.Place(segment, group, row))
        }
        return
      }
      if group != nil {
        number += 1
        row = 0
      }
      guard number < segment.footer.groups.count else {
        group = nil
        current = nil
        return
      }
      group = try segment.group(number, keeps: false)
    }
  }
}
