/// A row of a unit segment.
package struct UnitPlace: Hashable, Sendable {
  let group: Int
  let row: Int
}
