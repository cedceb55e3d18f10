extension GrowthModel {
  /// What memory units have to look like, and which of their types are known.
  public struct UnitRules: Sendable, Hashable {
    /// The source types that are known; nil where any is. A unit of another type is stored, and counted by
    /// ``UnitQuality``.
    public let sourceTypes: [String]?
    /// The content types that are known, in the same sense.
    public let contentTypes: [String]?
    /// What the metadata of every unit have to look like. A unit that breaks a rule is refused.
    public let metadataRules: MetadataRules

    public init(
      sourceTypes: [String]? = nil, contentTypes: [String]? = nil, metadataRules: MetadataRules = MetadataRules()
    ) {
      self.sourceTypes = sourceTypes
      self.contentTypes = contentTypes
      self.metadataRules = metadataRules
    }

    /// Whether nothing is said of units.
    public var isEmpty: Bool { sourceTypes == nil && contentTypes == nil && metadataRules.isEmpty }
  }
}
