import Columnar

extension PartitionView {
  /// How far the versions of each unit segment have come, for a forecast: by rule, and by `AgeingStage`. Reads keys, and the
  /// columns that rules ask for.
  package func unitAgeing(
    _ moment: UnitAgeingMoment
  ) throws(StoreError) -> [(entry: Manifest.UnitEntry, counts: [[Int]])] {
    let all = Array(zip(files.manifest.unitSegments, files.unitSegments))
    var survey: UnitExpirySurvey?
    if all.contains(where: { moment.mayHaveExpired(since: $0.0.bounds.smallestUpdatedAt) }) {
      survey = try UnitExpirySurvey(
        files.unitSegments, memory: memtables.compactMap(\.units), moment, hashSeed: hashSeed)
    }
    let none = [Int](repeating: 0, count: AgeingStage.allCases.count)
    var found: [(entry: Manifest.UnitEntry, counts: [[Int]])] = []
    for (entry, segment) in all {
      var counts = [[Int]](repeating: none, count: moment.rules.rules.count)
      let gone = survey?.rows[entry.fileID] ?? []
      try segment.forEachAge(moment) { place, rule, updatedAt in
        if gone.contains(place) { return }
        counts[rule][Int(moment.stage(rule: rule, updatedAt: updatedAt).rawValue)] += 1
      }
      for (rule, count) in (survey?.counts[entry.fileID] ?? []).enumerated() {
        counts[rule][Int(AgeingStage.expired.rawValue)] += count
      }
      found.append((entry, counts))
    }
    return found
  }
}
