import Columnar

/// The ageing policy as maintenance applies it: the first rule that takes an event decides, and the last takes all.
package struct AgeingRules: Sendable, Hashable {
  /// At least one; the last takes every event.
  package let rules: [AgeingRule]
  /// The level of Zstandard of warm segments.
  package let warmLevel: Int32
  /// Spans of `created_at` whose events do not go to the archive.
  package let held: [ClosedRange<Int64>]
  /// Those of memory units.
  package let units: UnitAgeingRules

  /// More would not fit the masks of a batch.
  package static let mostRules = 64

  /// - Parameters:
  ///   - rest: the rule for all events that no other one takes.
  ///   - units: the rules of memory units; nil where they go to colder tiers as events do by `rest`.
  package init(
    _ rules: [AgeingRule], rest: AgeingRule, warmLevel: Int32, held: [ClosedRange<Int64>] = [],
    units: UnitAgeingRules? = nil
  ) {
    precondition(rules.count < Self.mostRules && rest.takesAll, "rules that were not checked")
    self.rules = rules + [rest]
    self.warmLevel = warmLevel
    self.held = held
    self.units = units ?? UnitAgeingRules(like: rest)
  }

  /// The columns that some rule asks for.
  package var columns: [TextColumn] {
    [.entityType, .dimension, .source, .scope].filter { column in rules.contains { $0.predicate(column) != nil } }
  }

  /// The oldest age at which an event becomes warm.
  package var mostWarmAge: Age? { rules.compactMap(\.warmAfter).max() }

  /// For every row of a batch the rule that takes it.
  package func rule(ofRowsOf batch: EventBatch) -> [UInt8] {
    var masks = [UInt64](repeating: .max, count: batch.count)
    for column in columns {
      let predicates = rules.map { $0.predicate(column) }
      let dictionary = batch.dictionary(column)
      // A text is judged once: the rules whose condition it fulfils, as bits.
      let ofCode = (0..<UInt32(dictionary.count)).map { code in
        let text = dictionary.bytes(code)
        var mask: UInt64 = 0
        for index in predicates.indices where predicates[index]?(text) ?? true { mask |= 1 << UInt64(index) }
        return mask
      }
      let codes = batch.codes(column)
      for row in codes.indices { masks[row] &= ofCode[Int(codes[row])] }
    }
    let last = UInt8(rules.count - 1)
    return masks.map { min(last, UInt8($0.trailingZeroBitCount)) }
  }
}
