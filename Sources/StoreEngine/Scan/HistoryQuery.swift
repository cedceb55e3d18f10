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

/// A place in the order newest first: by created_at, then by event id, both descending.
package struct HistoryCursor: Sendable, Hashable, Comparable {
  package let createdAt: Int64
  package let id: EventID

  package init(createdAt: Int64, id: EventID) {
    self.createdAt = createdAt
    self.id = id
  }

  /// Whether `a` is older.
  package static func < (a: HistoryCursor, b: HistoryCursor) -> Bool { (a.createdAt, a.id) < (b.createdAt, b.id) }
}
