extension Partition {
  /// Rewrites unit segments of which at least half have come of age, by the time of each version and the policy's rules for
  /// units, as a warm one; nil where none is due, or `proceed` gave up. Only under the lock of maintenance.
  ///
  /// Not divided by age: whoever writes goes on with few of the units, and those are what is left hot by the next flushes.
  func warmUnits(_ moment: AgeingMoment, _ files: PartitionFiles, _ proceed: Pace) throws(StoreError) -> AgeingMove? {
    var due: [Manifest.UnitEntry] = []
    var bytes = 0
    for (entry, segment) in zip(files.manifest.unitSegments, files.unitSegments) where entry.tier == .hot {
      if bytes >= options.largestUnitBytes { break }
      let hot = try segment.stages(moment.units)[Int(AgeingStage.hot.rawValue)]
      guard hot * 2 <= entry.rows else { continue }
      due.append(entry)
      bytes += entry.length
    }
    guard !due.isEmpty else { return nil }
    let written = try rewriteUnits(due, files, tier: .warm, codecLevel: moment.rules.warmLevel, proceed)
    guard let written else { return nil }
    let rows = due.reduce(0) { $0 + $1.rows }
    return AgeingMove(
      rows: rows, units: rows, bytesBefore: bytes, bytesAfter: written.reduce(0) { $0 + $1.length })
  }
}
