/// Which archived files of a month are written again together with what comes to them, so that a month has few files and a row
/// is rewritten a few times at the most.
enum ArchivedMerge {
  /// Larger files are not written again to add to them.
  private static let largestFile = 256 << 20

  /// Those of a month's files that `rows` new rows are written together with: always the smaller ones, and then every one that is
  /// at most twice as large as all before it.
  static func pick<File>(
    _ ofMonth: [File], with rows: Int, _ size: (File) -> (rows: Int, fileID: UInt64, bytes: Int)
  ) -> [File] {
    var sum = rows
    var picked: [File] = []
    let candidates = ofMonth.map { (file: $0, size: size($0)) }.filter { $0.size.bytes <= largestFile }
    for (file, size) in candidates.sorted(by: { ($0.size.rows, $0.size.fileID) < ($1.size.rows, $1.size.fileID) }) {
      guard size.rows <= 2 * sum else { break }
      sum += size.rows
      picked.append(file)
    }
    return picked
  }
}
