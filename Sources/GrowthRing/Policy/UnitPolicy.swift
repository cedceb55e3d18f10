public import StoreEngine

/// How memory units age: the part `units` of an ageing policy. The first rule that takes a version decides.
public struct UnitPolicy: Sendable, Hashable {
  /// In order.
  public var rules: [UnitAgeingRule]
  /// For what no rule takes; nil for the ages at which events go to colder tiers that no rule takes, and no expiry.
  public var rest: UnitAgeingRule?

  public init(rules: [UnitAgeingRule] = [], rest: UnitAgeingRule? = nil) {
    self.rules = rules
    self.rest = rest
  }

  /// Whether any version ever expires.
  var expiresAny: Bool { rules.contains { $0.expiresAny } || rest?.expiresAny == true }

  /// As the engine applies it; `rest` is the rule for events that no rule takes.
  func engineRules(like rest: AgeingRule) -> UnitAgeingRules {
    UnitAgeingRules(
      rules, rest: self.rest ?? UnitAgeingRule(warmAfter: rest.warmAfter, archiveAfter: rest.archiveAfter),
      reserved: Array(ReservedUnits.prefix.utf8))
  }
}
