/// A key whose stored aggregate is not the one recomputed from the events.
public struct RollupMismatch: Hashable, Sendable, CustomStringConvertible {
  public let rollup: Rollup
  /// The parts of the key for people: user or scope, entity, entity type, dimension, day, as the rollup has them.
  public let key: [String]
  /// Recomputed from the events; nil where there are none.
  public let expected: Aggregate?
  /// What the runs and memtables say; nil where they say nothing.
  public let found: Aggregate?

  public var description: String {
    let expectedText = expected.map(\.description) ?? "nothing"
    let foundText = found.map(\.description) ?? "nothing"
    return "\(rollup.name) \(key.joined(separator: " · ")): expected \(expectedText), found \(foundText)"
  }
}
