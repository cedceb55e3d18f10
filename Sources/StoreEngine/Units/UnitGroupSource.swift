import Columnar

/// The row groups of a unit segment whose rows do not lie in its own file.
protocol UnitGroupSource: AnyObject, Sendable {
  /// A row group; `isRead` says that somebody goes through it, from row to row.
  func group(_ number: Int, isRead: Bool) throws(StoreError) -> UnitGroup

  func content(_ group: UnitGroup, _ row: Int) throws(StoreError) -> Bytes

  /// Checks all that lies elsewhere against what is known of it.
  func verify() throws(StoreError)
}
