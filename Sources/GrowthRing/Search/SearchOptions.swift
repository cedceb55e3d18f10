public import StoreEngine

/// Which units a search is restricted to, and how much of them is wanted.
public struct SearchOptions: Sendable {
  /// Only units of this user; of all where nothing is said.
  public var user: String?
  /// Only units of one of these source types.
  public var sourceTypes: [String]?
  /// Only units of one of these content types.
  public var contentTypes: [String]?
  /// Only units of one of these states.
  public var statuses: [String]?
  /// The earliest time of creation wanted.
  public var from: Timestamp?
  /// The first time of creation no longer wanted.
  public var to: Timestamp?
  /// What must hold of a unit's metadata.
  public var metadata: MetadataPredicate?
  /// At most so many units, the best.
  public var limit = 20
  /// The bytes of content that are shown of each, about.
  public var snippetLength = 200

  public init(user: String? = nil, limit: Int = 20) {
    self.user = user
    self.limit = limit
  }

  /// Whether more is asked of a unit than whose it is.
  package var hasFilters: Bool {
    sourceTypes != nil || contentTypes != nil || statuses != nil || from != nil || to != nil || metadata != nil
  }

  /// Whether a unit of the right user is wanted. Looks at everything but title and content.
  func wants(_ unit: MemoryUnit) -> Bool {
    func isOneOf(_ names: [String]?, _ name: String) -> Bool {
      names?.contains { $0.utf8.elementsEqual(name.utf8) } ?? true
    }
    guard isOneOf(sourceTypes, unit.sourceType), isOneOf(contentTypes, unit.contentType),
      isOneOf(statuses, unit.status)
    else { return false }
    if let from, unit.createdAt < from { return false }
    if let to, unit.createdAt >= to { return false }
    return metadata?.matches(unit.metadata) ?? true
  }
}
