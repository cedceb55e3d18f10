/// The identity of an event that is looked for: a code of a dictionary of users in stored form, and the id.
package struct EventKey: Sendable, Hashable {
  package let user: UInt32
  package let high: UInt64
  package let low: UInt64

  package init(user: UInt32, high: UInt64, low: UInt64) {
    self.user = user
    self.high = high
    self.low = low
  }
}

/// Where an event stands in a segment.
package struct EventLocation: Sendable, Hashable, Comparable {
  package let rowGroup: Int
  /// The row in its row group.
  package let row: Int

  package init(rowGroup: Int, row: Int) {
    self.rowGroup = rowGroup
    self.row = row
  }

  package static func < (a: EventLocation, b: EventLocation) -> Bool { (a.rowGroup, a.row) < (b.rowGroup, b.row) }
}
