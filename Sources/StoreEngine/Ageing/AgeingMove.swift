/// What one step of ageing has moved.
package struct AgeingMove: Sendable, Equatable {
  /// Events, and versions of memory units, that came to a colder tier or left.
  package var rows = 0
  /// The versions of memory units among them.
  package var units = 0
  /// Of the files that went, and of those that came in their place.
  package var bytesBefore = 0
  package var bytesAfter = 0

  package init(rows: Int = 0, units: Int = 0, bytesBefore: Int = 0, bytesAfter: Int = 0) {
    self.rows = rows
    self.units = units
    self.bytesBefore = bytesBefore
    self.bytesAfter = bytesAfter
  }

  package mutating func add(_ other: AgeingMove) {
    rows += other.rows
    units += other.units
    bytesBefore += other.bytesBefore
    bytesAfter += other.bytesAfter
  }
}
