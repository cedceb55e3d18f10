import Columnar

extension UnitSegment {
  /// For every row of a row group the place of the rule that takes it. Reads the fields page only where rules ask for it.
  func rules(of group: UnitGroup, _ moment: UnitAgeingMoment) throws(StoreError) -> [Int] {
    guard moment.rules.asksVersions else { return [Int](repeating: moment.rules.rest, count: group.rows) }
    let (sourceTypes, contentTypes, statuses) = try kinds(group)
    // A text is judged once.
    let bySource = sourceTypes.mapped { moment.mask(.sourceType, $0) }
    let byContent = contentTypes.mapped { moment.mask(.contentType, $0) }
    let byStatus = statuses.mapped { moment.mask(.status, $0) }
    return (0..<group.rows).map { moment.rule(bySource[$0] & byContent[$0] & byStatus[$0]) }
  }

  /// How many versions have come to each stage, by `AgeingStage`: of those that a policy knows of a single version.
  func stages(_ moment: UnitAgeingMoment) throws(StoreError) -> [Int] {
    var counts = [Int](repeating: 0, count: AgeingStage.allCases.count)
    if let stage = moment.stage(from: bounds.smallestUpdatedAt, to: bounds.largestUpdatedAt) {
      counts[Int(stage.rawValue)] = rows
      return counts
    }
    for number in footer.groups.indices {
      let group = try group(number, keeps: false)
      let rules = try rules(of: group, moment)
      for row in 0..<group.rows {
        counts[Int(moment.stage(rule: rules[row], updatedAt: group.updatedAt[row]).rawValue)] += 1
      }
    }
    return counts
  }
}
