/// What the events of one group have in common, and what they sum to: a row of a summary.
public struct EventSummary: GrowthMeasures, Hashable {
  /// The value of each part that the summary is by, in that order; days, weeks, months and years as their first day, `YYYY-MM-DD`.
  /// A source, scope or value of metadata that an event does not have is the empty text.
  public let values: [String]
  /// How many users have such events; nil where that was not asked for.
  public let userCount: UInt64?
  public let score: Score
  public let eventCount: UInt64
  public let firstEventAt: Timestamp
  public let lastEventAt: Timestamp
  /// What the numbers at a path of their metadata sum to; nil where that was not asked for.
  public let numbers: NumberSummary?

  init(values: [String], userCount: UInt64?, _ aggregate: Aggregate, numbers: NumberSummary?) {
    self.values = values
    self.userCount = userCount
    score = aggregate.total
    eventCount = aggregate.count
    firstEventAt = Timestamp(microseconds: aggregate.first)
    lastEventAt = Timestamp(microseconds: aggregate.last)
    self.numbers = numbers
  }
}
