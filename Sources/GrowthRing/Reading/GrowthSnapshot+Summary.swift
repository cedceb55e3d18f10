public import StoreEngine

extension GrowthSnapshot {
  /// Sums up events by any of their parts, from the events themselves: what no rollup is kept for. Without
  /// parts, all events are one group.
  ///
  /// A value of metadata that the growth model declares as a number is a part by its value, however it is spelled.
  ///
  /// - Parameter countingUsers: also counts the users of each group. Memory: 32 bytes for each user of each group.
  /// - Parameter path: also sums up the numbers there, such as `metadata.amount`, exactly; see ``NumberSummary``.
  ///
  /// Complexity: O(events that the filter's user, entity and times leave), 10 to 50 ns each; and O(groups) memory.
  public func summary(
    by parts: [SummaryPart], matching filter: EventFilter = EventFilter(), countingUsers: Bool = false,
    summing path: MetadataPath? = nil
  ) throws(StoreError) -> EventSummaries {
    let parts = model.typed(parts)
    var tables: [SummaryTable] = []
    for view in viewsWanted(by: filter) {
      tables.append(try view.summary(by: parts, filter, countsUsers: countingUsers, summing: path))
    }
    return EventSummaries(tables)
  }

  /// How many users have events that a filter wants, at or after each of some times: all of them in one pass, which looks
  /// at times only, and no further at a user once nothing can change its answer.
  ///
  /// Complexity: O(events that the filter's user, entity and times leave), about 1 ns each; and O(users) memory.
  public func activeUsers(
    since times: [Timestamp], matching filter: EventFilter = EventFilter()
  ) throws(StoreError) -> [Int] {
    var counts = [Int](repeating: 0, count: times.count)
    for view in viewsWanted(by: filter) {
      let found = try view.activeUsers(since: times.map(\.microseconds), filter)
      for index in counts.indices { counts[index] += found[index] }
    }
    return counts
  }

  /// The partitions that may hold events that a filter wants.
  func viewsWanted(by filter: EventFilter) -> [PartitionView] {
    filter.user.map { [views[views.count == 1 ? 0 : identity.partition(ofUser: $0)]] } ?? views
  }
}
