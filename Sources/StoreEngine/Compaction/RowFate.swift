/// What becomes of the rows of a segment that is rewritten.
package enum RowFate: UInt8, Sendable {
  case stays
  /// They leave, and aggregates keep what they gave them.
  case sealed
  /// They leave, and aggregates give back what they gave them.
  case subtracted
}

extension AgeingMoment {
  /// What expiry makes of the rows of a batch.
  func fates(_ batch: EventBatch) -> [RowFate] {
    let rule = rules.rule(ofRowsOf: batch)
    return batch.createdAt.indices.map { row in
      guard stage(rule: Int(rule[row]), createdAt: batch.createdAt[row]) == .expired else { return .stays }
      return rules.rules[Int(rule[row])].keepsSummary ? .sealed : .subtracted
    }
  }
}
