import Columnar

extension UserRange {
  /// Ranges of users that hold about so many events of segments and aggregates of sealed runs each, all users together.
  package static func rounds(
    of segments: [Segment], sealed: [Run] = [], rows: Int
  ) throws(StoreError) -> [UserRange] {
    var starts: [(user: [UInt8], rows: Int)] = segments.flatMap { $0.footer.rowGroups }
      .map { (user: $0.firstUser.array, rows: $0.rows) }
    for run in sealed {
      guard let section = run.section(.entityGrowth), section.blockCount > 0 else { continue }
      try section.touchIndex()
      for block in 0..<section.blockCount {
        let entry = section.entry(block)
        starts.append((section.file.array(entry.group.start, entry.group.length), entry.count))
      }
    }
    starts.sort { compareBytes($0.user, $1.user) < 0 }
    var rounds = [UserRange()]
    var gathered = 0
    for start in starts {
      if gathered >= rows, start.user != rounds[rounds.count - 1].from {
        rounds[rounds.count - 1].to = start.user
        rounds.append(UserRange(from: start.user))
        gathered = 0
      }
      gathered += start.rows
    }
    return rounds
  }
}
