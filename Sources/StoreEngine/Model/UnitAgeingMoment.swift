/// The rules of memory units at one moment: from when on versions have reached each stage.
package struct UnitAgeingMoment: Sendable {
  /// What rules ask of a version.
  package enum Condition: Sendable, CaseIterable {
    case sourceType, contentType, status
  }

  package let rules: UnitAgeingRules
  package let now: Int64
  /// By rule: the last `updatedAt` that has reached the stage.
  private let warm: [Int64]
  private let archive: [Int64]
  private let expired: [Int64]
  private let versionsExpired: [Int64]
  /// By condition, and by rule but the last: the texts that it takes; nil for any.
  private let wanted: [Condition: [Set<[UInt8]>?]]

  package init(_ rules: UnitAgeingRules, at now: Int64) {
    self.rules = rules
    self.now = now
    warm = rules.rules.map { $0.warmAfter?.cutoff(at: now) ?? .min }
    archive = rules.rules.map { $0.archiveAfter?.cutoff(at: now) ?? .min }
    expired = rules.rules.map { $0.expireAfter.map { AgeingMoment.expiryCutoff($0, at: now) } ?? .min }
    versionsExpired = rules.rules.map { $0.expireVersionsAfter.map { AgeingMoment.expiryCutoff($0, at: now) } ?? .min }
    func sets(_ texts: (UnitAgeingRule) -> [String]?) -> [Set<[UInt8]>?] {
      rules.rules.dropLast().map { texts($0).map { Set($0.map { Array($0.utf8) }) } }
    }
    wanted = [
      .sourceType: sets(\.sourceTypes), .contentType: sets(\.contentTypes), .status: sets(\.statuses),
    ]
  }

  // MARK: Which rule

  /// The place of the rule that takes a version.
  package func rule(of fields: UnitVersion.Fields) -> Int {
    if !rules.asksVersions { return rules.rest }
    return rule(
      mask(.sourceType, fields.sourceType) & mask(.contentType, fields.contentType) & mask(.status, fields.status))
  }

  /// The rules, as bits, whose condition a text fulfils; none of the store's own source types.
  package func mask(_ condition: Condition, _ text: [UInt8]) -> UInt64 {
    if condition == .sourceType, let reserved = rules.reserved, text.starts(with: reserved) { return 0 }
    var mask: UInt64 = 0
    for (index, texts) in (wanted[condition] ?? []).enumerated() where texts?.contains(text) ?? true {
      mask |= 1 << UInt64(index)
    }
    return mask
  }

  /// The first of some rules as bits; that of the store's own units where there is none.
  package func rule(_ mask: UInt64) -> Int { mask == 0 ? rules.rules.count - 1 : mask.trailingZeroBitCount }

  // MARK: Stages

  /// How far a version has come: hot, warm or archive. Whether it has expired depends on its unit.
  package func stage(of fields: UnitVersion.Fields) -> AgeingStage {
    stage(rule: rule(of: fields), updatedAt: fields.updatedAt)
  }

  package func stage(rule: Int, updatedAt: Int64) -> AgeingStage {
    if updatedAt <= archive[rule] { return .archive }
    return updatedAt <= warm[rule] ? .warm : .hot
  }

  /// The stage that all versions of a span of time have reached; nil where they differ, or may.
  package func stage(from smallest: Int64, to largest: Int64) -> AgeingStage? {
    var common: AgeingStage?
    for rule in rules.rules.indices {
      let stage = stage(rule: rule, updatedAt: smallest)
      guard stage == self.stage(rule: rule, updatedAt: largest), common == nil || common == stage else { return nil }
      common = stage
    }
    return common
  }

  // MARK: What expires

  /// Whether a unit goes whose newest version is of this rule and age.
  package func hasExpired(newest updatedAt: Int64, isDeleted: Bool, rule: Int) -> Bool {
    updatedAt <= expired[rule] || (isDeleted && updatedAt <= versionsExpired[rule])
  }

  /// Whether a version goes that is not the newest of its unit.
  package func hasExpired(superseded updatedAt: Int64, rule: Int) -> Bool { updatedAt <= versionsExpired[rule] }

  /// Whether versions of a time, or later ones, may have expired.
  package func mayHaveExpired(since smallest: Int64) -> Bool {
    (expired + versionsExpired).contains { smallest <= $0 && $0 != .min }
  }
}
