import Columnar

/// The versions of several sources in one order: by unit, the newest first.
package struct UnitMerge: Sendable {
  private var cursors: [UnitCursor]

  package init(_ cursors: [UnitCursor]) { self.cursors = cursors }

  /// The next version.
  package mutating func next() throws(StoreError) -> UnitItem? {
    var first: Int?
    for index in cursors.indices {
      guard let item = cursors[index].current else { continue }
      if let best = first, let known = cursors[best].current,
        UnitVersion.compare(known.version, item.version) <= 0
      {
        continue
      }
      first = index
    }
    guard let first, let item = cursors[first].current else { return nil }
    try cursors[first].advance()
    return item
  }

  /// The newest version of the next unit.
  package mutating func nextUnit() throws(StoreError) -> UnitItem? {
    guard let newest = try next() else { return nil }
    for index in cursors.indices {
      while let item = cursors[index].current,
        UnitVersion.compareKey(item.version, newest.version.user, newest.version.muid) == 0
      {
        try cursors[index].advance()
      }
    }
    return newest
  }

  /// The next version, or with `versions` off the newest of the next unit; where there is a condition on metadata, of those that
  /// satisfy it. The cursors were made for the same.
  package mutating func next(versions: Bool, where metadata: MetadataPredicate?) throws(StoreError) -> UnitItem? {
    guard let metadata else { return try versions ? next() : nextUnit() }
    while let item = try versions ? next() : nextUnit() {
      guard metadata.matches(Bytes(item.version.fields.metadata)) else { continue }
      if versions { return item }
      // A newer version that does not satisfy it may have been passed over.
      var isHidden = false
      for cursor in cursors where !isHidden { isHidden = try cursor.hides(item.version) }
      if !isHidden { return item }
    }
    return nil
  }
}
