import Columnar

/// How many events of a segment have reached which stage, by the rule that takes them.
package struct SegmentSurvey: Sendable, Equatable {
  /// By rule, then by stage.
  package private(set) var counts: [[Int]]
  package private(set) var rows = 0

  /// Reads times only where the bounds of the segment leave the stage open, and the columns of rules only where there are
  /// rules for some events.
  package init(_ segment: Segment, _ moment: AgeingMoment) throws(StoreError) {
    counts = [[Int]](
      repeating: [Int](repeating: 0, count: AgeingStage.allCases.count), count: moment.rules.rules.count)
    rows = segment.rows
    if counts.count == 1, let stage = moment.stage(from: segment.smallestCreatedAt, to: segment.largestCreatedAt) {
      counts[0][Int(stage.rawValue)] = rows
      return
    }
    let columns = moment.rules.columns.reduce(into: ColumnSet.createdAt) { $0.insert(ColumnSet($1)) }
    let scan = SegmentScan(segment, columns: columns)
    while let batch = try scan.next() {
      let rules = moment.rules.rule(ofRowsOf: batch)
      for row in batch.createdAt.indices {
        let rule = Int(rules[row])
        counts[rule][Int(moment.stage(rule: rule, createdAt: batch.createdAt[row]).rawValue)] += 1
      }
    }
  }

  /// Events that have reached a stage, and no later one.
  package func rows(at stage: AgeingStage) -> Int { counts.reduce(0) { $0 + $1[Int(stage.rawValue)] } }

  /// Events that have expired, by what becomes of what they gave to aggregates.
  func expired(_ rules: AgeingRules) -> (sealed: Int, subtracted: Int) {
    var (sealed, subtracted) = (0, 0)
    for (rule, counts) in zip(rules.rules, counts) {
      let expired = counts[Int(AgeingStage.expired.rawValue)]
      if rule.keepsSummary { sealed += expired } else { subtracted += expired }
    }
    return (sealed, subtracted)
  }

  /// Events that have reached a stage, or a later one.
  package func rows(from stage: AgeingStage) -> Int {
    counts.reduce(0) { $0 + $1[Int(stage.rawValue)...].reduce(0, +) }
  }
}
