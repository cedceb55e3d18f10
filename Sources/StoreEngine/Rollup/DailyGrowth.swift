/// The growth of a user in one dimension on one day.
public struct DailyGrowth: Hashable, Sendable {
  public let userID: String
  public let dimension: String
  /// The UTC day, counted from 1970-01-01.
  public let day: Int32
  public let aggregate: Aggregate
}
