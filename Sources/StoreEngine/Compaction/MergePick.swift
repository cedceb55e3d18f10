/// Which files are written again together with what comes to them, so that their sizes grow by a factor: then there are few, and
/// a row is written again a few times at the most.
enum MergePick {
  /// Of some files those that `size` new rows are written together with: always the smaller ones, and then every one that is at
  /// most twice as large as all before it.
  static func smallest<File>(
    _ files: [File], with size: Int, _ sizeOf: (File) -> (rows: Int, fileID: UInt64)
  ) -> [File] {
    var gathered = size
    var taken: [File] = []
    for file in files.sorted(by: { sizeOf($0) < sizeOf($1) }) {
      guard sizeOf(file).rows <= 2 * gathered else { break }
      gathered += sizeOf(file).rows
      taken.append(file)
    }
    return taken
  }

  /// Of more files than one merge takes on, those that are merged first: few of the smallest, so that all later rounds are full
  /// and little is rewritten. None where one merge takes on all.
  static func round<File>(
    _ files: [File], most: Int, _ sizeOf: (File) -> (rows: Int, fileID: UInt64)
  ) -> [File] {
    let most = max(2, most)
    guard files.count > most else { return [] }
    return Array(files.sorted { sizeOf($0) < sizeOf($1) }.prefix((files.count - 2) % (most - 1) + 2))
  }
}
