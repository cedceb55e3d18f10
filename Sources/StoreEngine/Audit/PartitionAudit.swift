import Columnar

/// Proves one partition sound: its files one by one, that no event is stored twice, that all users belong here, and that
/// every aggregate is what the events say, together with what sealed runs say of events that expired. Of memory units that their
/// files are sound, that no version is stored twice or has expired, and that they belong here.
///
/// The events are summed up for some users at a time, so that memory stays bounded: about 100 bytes for each event of a
/// round, and all of scope_growth.
package struct PartitionAudit {
  package private(set) var repeatedEvents = 0
  package private(set) var mismatches: [RollupMismatch] = []
  package private(set) var mismatchCount = 0
  package private(set) var keyCount = 0
  /// Events that expired.
  package private(set) var expiredEvents = 0
  /// Those of them whose part of the aggregates is kept.
  package private(set) var sealedEvents = 0
  /// Versions of memory units, and those of them that are stored more than once.
  package private(set) var units = 0
  package private(set) var repeatedUnits = 0
  /// Versions of memory units that expired.
  package private(set) var expiredUnits = 0

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
    rowsPerRound: Int = 1 << 18, progress: (_ events: Int) -> Void = { _ in }
  ) throws(StoreError) {
    for segment in view.files.segments {
      try segment.verify(hashSeed: identity.hashSeed)
      progress(segment.rows)
    }
    for run in view.files.runs { try run.check() }
    try checkExpired()
    try checkUnits()
    for memtable in view.memtables { progress(memtable.events.count) }
    var audits = Rollup.allCases.map { RollupAudit($0, limit: limit) }
    var cursors: [MergedRollup] = []
    for rollup in Rollup.allCases { cursors.append(try view.rollups.cursor(rollup)) }
    var scopes = SummaryTable(RollupSummary.parts(.scopeGrowth), countsUsers: false)
    let sealedRuns = view.files.sealedRuns
    for users in try UserRange.rounds(of: view.files.segments, sealed: sealedRuns, rows: rowsPerRound) {
      repeatedEvents += try IdentityAudit(view, users: users, hashSeed: identity.hashSeed).repeatedEvents()
      let byEntity = try summary(.entityGrowth, users)
      try checkHome(byEntity)
      let byDay = try summary(.dailyGrowth, users)
      scopes.merge(try summary(.scopeGrowth, users))
      for (place, rollup) in Rollup.allCases.enumerated() where rollup != .scopeGrowth {
        var expected =
          switch rollup {
          case .entityGrowth: byEntity
          case .userGrowth: byDay.withoutLastPart()
          default: byDay
          }
        if !sealedRuns.isEmpty {
          let sealed = try sealed(rollup, users)
          if rollup == .userGrowth { sealedEvents += Int(clamping: sealed.eventCount) }
          expected.merge(sealed)
        }
        try audits[place].compare(cursors[place], before: users.to, with: expected)
      }
    }
    for (place, rollup) in Rollup.allCases.enumerated() where rollup == .scopeGrowth {
      var expected = RollupSummary.withAncestors(scopes)
      if !sealedRuns.isEmpty { expected.merge(try sealed(rollup, .all)) }
      try audits[place].compare(cursors[place], with: expected)
    }
    if sealedEvents > expiredEvents {
      throw StoreError(.corruption, "\(sealedEvents) events are sealed, and only \(expiredEvents) have expired")
    }
    mismatches = audits.flatMap(\.mismatches)
    mismatchCount = audits.reduce(0) { $0 + $1.mismatchCount }
    keyCount = audits.reduce(0) { $0 + $1.keyCount }
  }

  /// Proves the files that account for events that are gone.
  private mutating func checkExpired() throws(StoreError) {
    let files = view.files
    for (run, entry) in zip(files.sealedRuns, files.manifest.sealedRuns) {
      try run.check()
      guard run.unknownSections > 0 || run.count == entry.entries else {
        throw StoreError(
          .corruption, file: run.path, "\(run.count) entries where the manifest says \(entry.entries)")
      }
    }
    for keys in files.expiredKeys {
      try keys.check()
      expiredEvents += keys.count
    }
    repeatedEvents += try ExpiredKeyMerge.repeated(files.expiredKeys)
  }

  private mutating func checkUnits() throws(StoreError) {
    for segment in view.files.unitSegments { try segment.verify(hashSeed: identity.hashSeed) }
    for keys in view.files.expiredUnitKeys {
      try keys.check()
      expiredUnits += keys.count
    }
    repeatedUnits += try ExpiredKeyMerge.repeated(view.files.expiredUnitKeys)
    let reads = view.units
    var merge = UnitMerge(try reads.cursors())
    var last: UnitVersion?
    while let version = try merge.next()?.version {
      units += 1
      if let last, UnitVersion.compare(last, version) == 0 { repeatedUnits += 1 }
      // What has expired must not be there any more, nor again.
      if try reads.hasExpired(user: version.user, muid: version.muid, updatedAt: version.updatedAt) {
        repeatedUnits += 1
      }
      if last?.user != version.user, identity.partition(ofUser: version.user) != view.files.manifest.partition {
        throw StoreError(
          .corruption, "partition \(view.files.manifest.partition) holds memory units of users of other partitions")
      }
      last = version
    }
  }

  /// What sealed runs say, for some users.
  private func sealed(_ rollup: Rollup, _ users: UserRange) throws(StoreError) -> SummaryTable {
    var table = SummaryTable(RollupSummary.parts(rollup), countsUsers: false)
    try RollupSummary.add(view.files.sealedRuns, rollup, users: users, to: &table)
    return table
  }

  private func summary(_ rollup: Rollup, _ users: UserRange) throws(StoreError) -> SummaryTable {
    var filter = EventFilter()
    filter.users = users
    return try view.summary(by: RollupSummary.parts(rollup), filter)
  }

  private func checkHome(_ table: SummaryTable) throws(StoreError) {
    let partition = view.files.manifest.partition
    for code in 0..<UInt32(table.texts[0].count)
    where identity.partition(ofUser: table.texts[0].bytes(code)) != partition {
      throw StoreError(.corruption, "partition \(partition) holds events of users of other partitions")
    }
  }
}
