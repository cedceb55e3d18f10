/// Which segments of a partition have something to give to the archive, be it events or memory units.
///
/// What was found about segments that stay is not looked for again.
struct ArchiveQueue {
  /// Rows of a segment that have come of age for the archive: now, and a month ago.
  typealias Survey = (due: Int, overdue: Int)

  private var surveys: [UInt64: Survey] = [:]
  /// Segments of which nothing can go.
  private var hopeless: Set<UInt64> = []

  /// The rows that a segment has to give; nil where it is not due.
  ///
  /// It is when half of its rows have come of age, or when one of them did a month ago: so a row that is moved costs at most one
  /// other that is rewritten, but for few.
  mutating func due(
    _ fileID: UInt64, rows: Int, _ survey: () throws(StoreError) -> Survey
  ) throws(StoreError) -> Int? {
    if hopeless.contains(fileID) { return nil }
    let found = if let known = surveys[fileID] { known } else { try survey() }
    surveys[fileID] = found
    guard found.due > 0, found.due * 2 >= rows || found.overdue > 0 else { return nil }
    return found.due
  }

  /// Notes that nothing of a segment fits into files of the archive.
  mutating func giveUp(_ fileID: UInt64) { hopeless.insert(fileID) }
}
