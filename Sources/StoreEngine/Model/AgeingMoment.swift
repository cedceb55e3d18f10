/// How far events have come by the policy.
package enum AgeingStage: UInt8, Sendable, Comparable, CaseIterable {
  case hot, warm, archive, expired

  package static func < (a: AgeingStage, b: AgeingStage) -> Bool { a.rawValue < b.rawValue }
}

/// The rules at one moment: from when on events have reached each stage.
package struct AgeingMoment: Sendable {
  package let rules: AgeingRules
  package let now: Int64
  /// The rules of memory units.
  package let units: UnitAgeingMoment
  /// By rule: the last `created_at` that has reached the stage.
  private let warm: [Int64]
  private let archive: [Int64]
  private let expired: [Int64]

  package init(_ rules: AgeingRules, at now: Int64) {
    self.rules = rules
    self.now = now
    units = UnitAgeingMoment(rules.units, at: now)
    warm = rules.rules.map { $0.warmAfter?.cutoff(at: now) ?? .min }
    archive = rules.rules.map { $0.archiveAfter?.cutoff(at: now) ?? .min }
    expired = rules.rules.map { $0.expireAfter.map { Self.expiryCutoff($0, at: now) } ?? .min }
  }

  /// The rules as they were a month ago. What was of age for the archive then goes there, however few in its segment are.
  package var overdue: AgeingMoment { AgeingMoment(rules, at: Self.longestWait.cutoff(at: now)) }

  /// What is of age for the archive waits at most so long for others of its segment.
  static let longestWait = Age(days: 31)

  /// Where an age is a number of days, the events of a UTC day expire together, when the last of them has that age: else a
  /// daily run would rewrite nearly every segment for the events of a few minutes.
  static func expiryCutoff(_ age: Age, at now: Int64) -> Int64 {
    let cutoff = age.cutoff(at: now)
    guard age.microseconds > 0, age.microseconds % Timestamp.microsecondsPerDay == 0 else { return cutoff }
    return Int64(Timestamp(microseconds: cutoff + 1).day) * Timestamp.microsecondsPerDay - 1
  }

  /// Whether any event can expire.
  package var expiresAny: Bool { rules.rules.contains { $0.expireAfter != nil } }

  /// Whether events of a time, or later ones, may have expired.
  package func mayHaveExpired(since smallest: Int64) -> Bool { expired.contains { smallest <= $0 && $0 != .min } }

  package func stage(rule: Int, createdAt: Int64) -> AgeingStage {
    if createdAt <= expired[rule] { return .expired }
    if createdAt <= archive[rule] {
      return rules.held.contains { $0.contains(createdAt) } ? .warm : .archive
    }
    return createdAt <= warm[rule] ? .warm : .hot
  }

  /// The stage that all events of a span of time have reached; nil where they differ, or may.
  package func stage(from smallest: Int64, to largest: Int64) -> AgeingStage? {
    var common: AgeingStage?
    if smallest < largest, rules.held.contains(where: { $0.overlaps(smallest...largest) }) { return nil }
    for rule in rules.rules.indices {
      let stage = stage(rule: rule, createdAt: smallest)
      guard stage == self.stage(rule: rule, createdAt: largest), common == nil || common == stage else { return nil }
      common = stage
    }
    return common
  }

  /// The stage of every row of a batch.
  package func stages(_ batch: EventBatch) -> [AgeingStage] {
    let rule = rules.rule(ofRowsOf: batch)
    return batch.createdAt.indices.map { stage(rule: Int(rule[$0]), createdAt: batch.createdAt[$0]) }
  }
}
