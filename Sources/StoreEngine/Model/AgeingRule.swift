/// Which events a rule of the ageing policy is for, and how they age.
///
/// Conditions that are given must all hold; each is a list of which any may hold. Ages count from `created_at`.
public struct AgeingRule: Sendable, Hashable {
  public var entityTypes: [String]?
  public var dimensions: [String]?
  public var sources: [String]?
  /// Paths: the events of these scopes and of every scope below them.
  public var scopes: [String]?
  /// Into warm segments; nil never.
  public var warmAfter: Age?
  /// Into the archive; nil never.
  public var archiveAfter: Age?
  /// Raw events go at this age; nil never.
  public var expireAfter: Age?
  /// Whether aggregates outlive the raw events that expire.
  public var keepsSummary: Bool

  public init(
    entityTypes: [String]? = nil, dimensions: [String]? = nil, sources: [String]? = nil, scopes: [String]? = nil,
    warmAfter: Age? = nil, archiveAfter: Age? = nil, expireAfter: Age? = nil, keepsSummary: Bool = true
  ) {
    self.entityTypes = entityTypes
    self.dimensions = dimensions
    self.sources = sources
    self.scopes = scopes
    self.warmAfter = warmAfter
    self.archiveAfter = archiveAfter
    self.expireAfter = expireAfter
    self.keepsSummary = keepsSummary
  }

  /// Whether it takes every event.
  public var takesAll: Bool { entityTypes == nil && dimensions == nil && sources == nil && scopes == nil }

  /// The condition on the texts of a column; nil where there is none.
  func predicate(_ column: TextColumn) -> (([UInt8]) -> Bool)? {
    switch column {
    case .entityType: entityTypes.map { Self.equal(to: $0) }
    case .dimension: dimensions.map { Self.equal(to: $0) }
    case .source: sources.map { Self.equal(to: $0) }
    case .scope: scopes.map { Self.within($0) }
    case .user, .entity, .metadata: nil
    }
  }

  private static func equal(to wanted: [String]) -> ([UInt8]) -> Bool {
    let wanted = Set(wanted.map { Array($0.utf8) })
    return { wanted.contains($0) }
  }

  private static func within(_ scopes: [String]) -> ([UInt8]) -> Bool {
    let scopes = scopes.map { Array($0.utf8) }
    return { text in
      scopes.contains { scope in
        text.starts(with: scope)
          && (text.count == scope.count || scope.isEmpty || text[scope.count] == UInt8(ascii: "/"))
      }
    }
  }
}
