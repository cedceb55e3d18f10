import Columnar

/// Proves one partition sound: its files one by one, that no event is stored twice, that all users belong here, and that
/// every aggregate is what the events say.
///
/// The events are summed up for some users at a time, so that memory stays bounded: about 100 bytes for each event of a
/// round, and all of scope_growth.
package struct PartitionAudit {
  package private(set) var repeatedEvents = 0
  package private(set) var mismatches: [RollupMismatch] = []
  package private(set) var mismatchCount = 0
  package private(set) var keyCount = 0

  private let view: PartitionView
  private let identity: StoreIdentity
  private let limit: Int

  /// Keeps at most `limit` mismatches of each rollup.
  package init(_ view: PartitionView, identity: StoreIdentity, limit: Int = 1_000) {
    self.view = view
    self.identity = identity
    self.limit = limit
  }

  /// Does all the work; `progress` is told of events as they have been looked at. Throws the first damage of a file.
  package mutating func run(
    rowsPerRound: Int = 1 << 20, progress: (_ events: Int) -> Void = { _ in }
  ) throws(StoreError) {
    for segment in view.files.segments {
      try segment.verify(hashSeed: identity.hashSeed)
      progress(segment.rows)
    }
    for run in view.files.runs { try run.check() }
    for memtable in view.memtables { progress(memtable.events.count) }
    var audits = Rollup.allCases.map { RollupAudit($0, limit: limit) }
    var cursors: [MergedRollup] = []
    for rollup in Rollup.allCases { cursors.append(try view.rollups.cursor(rollup)) }
    var scopes = SummaryTable(RollupAudit.parts(.scopeGrowth), countsUsers: false)
    for users in rounds(rowsPerRound) {
      repeatedEvents += try IdentityAudit(view, users: users, hashSeed: identity.hashSeed).repeatedEvents()
      let byEntity = try summary(.entityGrowth, users)
      try checkHome(byEntity)
      let byDay = try summary(.dailyGrowth, users)
      scopes.merge(try summary(.scopeGrowth, users))
      for (place, rollup) in Rollup.allCases.enumerated() where rollup != .scopeGrowth {
        let expected =
          switch rollup {
          case .entityGrowth: byEntity
          case .userGrowth: byDay.withoutLastPart()
          default: byDay
          }
        try audits[place].compare(cursors[place], before: users.to, with: expected)
      }
    }
    for (place, rollup) in Rollup.allCases.enumerated() where rollup == .scopeGrowth {
      try audits[place].compare(cursors[place], with: RollupAudit.withAncestors(scopes))
    }
    mismatches = audits.flatMap(\.mismatches)
    mismatchCount = audits.reduce(0) { $0 + $1.mismatchCount }
    keyCount = audits.reduce(0) { $0 + $1.keyCount }
  }

  private func summary(_ rollup: Rollup, _ users: UserRange) throws(StoreError) -> SummaryTable {
    var filter = EventFilter()
    filter.users = users
    return try view.summary(by: RollupAudit.parts(rollup), filter)
  }

  private func checkHome(_ table: SummaryTable) throws(StoreError) {
    let partition = view.files.manifest.partition
    for code in 0..<UInt32(table.texts[0].count)
    where identity.partition(ofUser: table.texts[0].bytes(code)) != partition {
      throw StoreError(.corruption, "partition \(partition) holds events of users of other partitions")
    }
  }

  /// Ranges of users that hold about so many events each, all users together.
  private func rounds(_ rows: Int) -> [UserRange] {
    let starts = view.files.segments.flatMap { $0.footer.rowGroups }
      .map { (user: $0.firstUser.array, rows: $0.rows) }
      .sorted { compareBytes($0.user, $1.user) < 0 }
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
