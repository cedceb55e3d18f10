/// One file of the archive, as other engines have to know it.
package struct ArchivedFile: Sendable, Hashable {
  /// Relative to the folder of the archive.
  package var path: String
  package var length: Int
  package var rows: Int
  package var month: ArchiveMonth
  package var smallestCreatedAt: Int64
  package var largestCreatedAt: Int64
}
