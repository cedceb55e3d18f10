extension Partition {
  /// Rewrites unit segments of which at least half have come of age, by the time of each version and the policy's rule for what
  /// no other takes, as a warm one; nil where none is due, or `proceed` gave up. Only under the lock of maintenance.
  ///
  /// Not divided by age: whoever writes goes on with few of the units, and those are what is left hot by the next flushes.
  func warmUnits(
    _ moment: AgeingMoment, _ files: PartitionFiles, _ proceed: (_ bytes: Int) throws(StoreError) -> Bool
  ) throws(StoreError) -> AgeingMove? {
    let rule = moment.rules.rules.count - 1
    var due: [Manifest.UnitEntry] = []
    var bytes = 0
    for (entry, segment) in zip(files.manifest.unitSegments, files.unitSegments) where entry.tier == .hot {
      if bytes >= options.largestUnitBytes { break }
      let ofAge = try segment.count { moment.stage(rule: rule, createdAt: $0) != .hot }
      guard ofAge * 2 >= entry.rows else { continue }
      due.append(entry)
      bytes += entry.length
    }
    guard !due.isEmpty else { return nil }
    let written = try rewriteUnits(due, files, tier: .warm, codecLevel: moment.rules.warmLevel, proceed)
    guard let written else { return nil }
    return AgeingMove(
      rows: due.reduce(0) { $0 + $1.rows }, bytesBefore: bytes, bytesAfter: written.reduce(0) { $0 + $1.length })
  }
}

extension UnitSegment {
  /// How many versions are as old as it is asked; where its oldest and its newest are alike, so are all.
  fileprivate func count(_ isOfAge: (_ updatedAt: Int64) -> Bool) throws(StoreError) -> Int {
    if isOfAge(bounds.largestUpdatedAt) { return rows }
    if !isOfAge(bounds.smallestUpdatedAt) { return 0 }
    return try updateTimes().reduce(0) { $0 + (isOfAge($1) ? 1 : 0) }
  }
}
