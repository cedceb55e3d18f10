/// One file of the archive, of events or of memory units, as other engines have to know it.
package struct ArchivedFile: Sendable, Hashable {
  /// Relative to the folder of the archive.
  package var path: String
  package var length: Int
  package var rows: Int
  package var month: ArchiveMonth
  /// Bounds of the times that tell months: `created_at` of events, `updated_at` of memory units.
  package var smallestTime: Int64
  package var largestTime: Int64

  init(_ file: ArchivedFileReference, rows: Int, smallestTime: Int64, largestTime: Int64) {
    path = file.path
    length = file.length
    self.rows = rows
    month = ArchiveMonth(of: smallestTime)
    self.smallestTime = smallestTime
    self.largestTime = largestTime
  }
}
