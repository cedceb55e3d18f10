/// The row groups of a segment whose rows do not lie in its own file.
package protocol RowGroupSource: AnyObject, Sendable {
  /// A row group as one of a segment in memory, with the same rows.
  func rowGroup(_ index: Int) throws(StoreError) -> (segment: Segment, index: Int)

  /// Checks all that lies elsewhere against its checksums.
  func verifyChecksums() throws(StoreError)
}
