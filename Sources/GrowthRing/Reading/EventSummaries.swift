public import StoreEngine

/// The groups of a summary with their sums, in codes; texts are only made for the rows that are asked for.
public struct EventSummaries: Sendable {
  /// Tables without a group in common: one for each partition where groups are of one user, else one of all.
  private var tables: [SummaryTable]

  init(_ tables: [SummaryTable]) {
    self.tables = tables
    if let first = tables.first, !first.parts.contains(.user) { self.tables = [Self.merged(tables)] }
  }

  /// The number of groups.
  public var count: Int { tables.reduce(0) { $0 + $1.count } }

  /// Events whose number was not summed up, since it has more than six fractional digits or is beyond the range of a `Delta`.
  public var unsummed: UInt64 { tables.reduce(0) { $0 + $1.unsummed } }

  /// Groups as rows, all or the first `limit` in the given order. Complexity: O(groups log groups).
  public func rows(order: SummaryOrder = .key, limit: Int? = nil) throws(StoreError) -> [EventSummary] {
    tables.isEmpty ? [] : try Self.merged(tables).rows(order: order, limit: limit.map { max(0, $0) })
  }

  private static func merged(_ tables: [SummaryTable]) -> SummaryTable {
    var merged = tables[0]
    for table in tables.dropFirst() { merged.merge(table) }
    return merged
  }
}
