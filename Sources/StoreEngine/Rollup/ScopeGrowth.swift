/// The growth within a scope, all scopes below it included, in one dimension on one day.
///
/// A store is partitioned by user, so that the whole is the merge of what all partitions say.
public struct ScopeGrowth: Hashable, Sendable {
  public let scope: String
  public let dimension: String
  /// The UTC day, counted from 1970-01-01.
  public let day: Int32
  public let aggregate: Aggregate
}
