/// Which events to read newest first, and how many.
package struct HistoryQuery: Sendable {
  package var filter: EventFilter
  package var limit: Int
  /// The last event of the page before, which is not given again.
  package var after: HistoryCursor?

  package init(_ filter: EventFilter, limit: Int, after: HistoryCursor? = nil) {
    self.filter = filter
    self.limit = limit
    self.after = after
  }
}
