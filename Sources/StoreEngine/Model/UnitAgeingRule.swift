/// Which versions of memory units a rule of the ageing policy is for, and how they age.
///
/// Conditions that are given must all hold; each is a list of which any may hold. Ages count from `updatedAt` of a version.
public struct UnitAgeingRule: Sendable, Hashable {
  public var sourceTypes: [String]?
  public var contentTypes: [String]?
  public var statuses: [String]?
  /// Into warm segments; nil never.
  public var warmAfter: Age?
  /// Into the archive; nil never.
  public var archiveAfter: Age?
  /// A unit goes, with its whole history, when its newest version has this age; nil never.
  public var expireAfter: Age?
  /// A version that is not the newest of its unit goes at this age, and so does a unit whose newest version, which says that it
  /// was deleted, has it; nil never.
  public var expireVersionsAfter: Age?

  public init(
    sourceTypes: [String]? = nil, contentTypes: [String]? = nil, statuses: [String]? = nil, warmAfter: Age? = nil,
    archiveAfter: Age? = nil, expireAfter: Age? = nil, expireVersionsAfter: Age? = nil
  ) {
    self.sourceTypes = sourceTypes
    self.contentTypes = contentTypes
    self.statuses = statuses
    self.warmAfter = warmAfter
    self.archiveAfter = archiveAfter
    self.expireAfter = expireAfter
    self.expireVersionsAfter = expireVersionsAfter
  }

  /// Whether it takes every version.
  public var takesAll: Bool { sourceTypes == nil && contentTypes == nil && statuses == nil }

  /// Whether anything ever expires by it.
  public var expiresAny: Bool { expireAfter != nil || expireVersionsAfter != nil }
}
