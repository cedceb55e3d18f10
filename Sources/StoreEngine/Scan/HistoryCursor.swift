/// A place in the order newest first: by created_at, then by event id, both descending.
public struct HistoryCursor: Sendable, Hashable, Comparable {
  package let createdAt: Int64
  package let id: EventID

  package init(createdAt: Int64, id: EventID) {
    self.createdAt = createdAt
    self.id = id
  }

  /// Whether `a` is older.
  public static func < (a: HistoryCursor, b: HistoryCursor) -> Bool { (a.createdAt, a.id) < (b.createdAt, b.id) }
}

extension HistoryCursor: CustomStringConvertible {
  /// Reads a cursor that was written as text; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let createdAt = Int64(parts[0]), let id = EventID(String(parts[1])) else { return nil }
    self.init(createdAt: createdAt, id: id)
  }

  /// The microseconds and the event id, divided by a slash: opaque to users, and handed back for the next page.
  public var description: String { "\(createdAt)/\(id)" }
}
