import Columnar

extension PartitionView {
  /// How far the versions of a unit segment have come.
  package struct UnitAges {
    package let entry: Manifest.UnitEntry
    /// By rule, and by `AgeingStage`; what is of age for the archive, and held, is warm.
    package fileprivate(set) var counts: [[Int]]
    /// Versions that were of age for the archive a month ago.
    package fileprivate(set) var overdue = 0
  }

  /// How far the versions of each unit segment have come, for a forecast. Reads keys, and the columns that rules ask for.
  package func unitAgeing(_ moment: AgeingMoment) throws(StoreError) -> [UnitAges] {
    let units = moment.units
    let overdue = moment.overdue.units
    let all = Array(zip(files.manifest.unitSegments, files.unitSegments))
    var survey: UnitExpirySurvey?
    if all.contains(where: { units.mayHaveExpired(since: $0.0.bounds.smallestUpdatedAt) }) {
      survey = try UnitExpirySurvey(
        files.unitSegments, memory: memtables.compactMap(\.units), units, hashSeed: hashSeed)
    }
    let none = [Int](repeating: 0, count: AgeingStage.allCases.count)
    var found: [UnitAges] = []
    for (entry, segment) in all {
      var ages = UnitAges(entry: entry, counts: [[Int]](repeating: none, count: units.rules.rules.count))
      let gone = survey?.rows[entry.fileID] ?? []
      try segment.forEachAge(units) { place, rule, updatedAt in
        if gone.contains(place) { return }
        var stage = units.stage(rule: rule, updatedAt: updatedAt)
        if stage == .archive, moment.rules.isHeld(updatedAt) { stage = .warm }
        ages.counts[rule][Int(stage.rawValue)] += 1
        if stage == .archive, overdue.stage(rule: rule, updatedAt: updatedAt) == .archive { ages.overdue += 1 }
      }
      for (rule, count) in (survey?.counts[entry.fileID] ?? []).enumerated() {
        ages.counts[rule][Int(AgeingStage.expired.rawValue)] += count
      }
      found.append(ages)
    }
    return found
  }
}
