/// The ageing policy of memory units as maintenance applies it: the first rule that takes a version decides. Behind the rules
/// come the one for all that no rule takes, and the one for units that are the store's own, which never expire.
package struct UnitAgeingRules: Sendable, Hashable {
  /// At least two; the last but one takes what no rule before it takes, the last the store's own units.
  package let rules: [UnitAgeingRule]
  /// Units whose source type begins so are the store's own; nil where there are none.
  package let reserved: [UInt8]?

  /// More would not fit the masks of rows.
  package static let mostRules = 64

  /// - Parameter rest: the rule for all versions that no other one takes.
  package init(_ rules: [UnitAgeingRule], rest: UnitAgeingRule, reserved: [UInt8]? = nil) {
    precondition(rules.count < Self.mostRules && rest.takesAll, "rules that were not checked")
    self.rules = rules + [rest, UnitAgeingRule(warmAfter: rest.warmAfter, archiveAfter: rest.archiveAfter)]
    self.reserved = reserved
  }

  /// Those of a policy that says nothing of memory units: they go to colder tiers as the events do that no rule takes.
  package init(like rest: AgeingRule) {
    self.init([], rest: UnitAgeingRule(warmAfter: rest.warmAfter, archiveAfter: rest.archiveAfter))
  }

  /// The place of the rule for what no other one takes.
  package var rest: Int { rules.count - 2 }

  /// Whether any version can expire.
  package var expiresAny: Bool { rules.contains { $0.expiresAny } }

  /// Whether it takes a look at a version to tell its rule.
  package var asksVersions: Bool { rules.count > 2 || (reserved != nil && rules[rest].expiresAny) }
}
