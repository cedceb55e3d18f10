public import StoreEngine

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
    /// The declared fields of the metadata of units, by their names. A unit that has a value of another type is refused.
    public let metadataFields: [MetadataField]

    public init(
      sourceTypes: [String]? = nil, contentTypes: [String]? = nil, metadataRules: MetadataRules = MetadataRules(),
      metadataFields: [MetadataField] = []
    ) {
      self.sourceTypes = sourceTypes
      self.contentTypes = contentTypes
      self.metadataRules = metadataRules
      self.metadataFields = metadataFields.sorted()
    }

    /// Whether nothing is said of units.
    public var isEmpty: Bool {
      sourceTypes == nil && contentTypes == nil && metadataRules.isEmpty && metadataFields.isEmpty
    }

    /// What the metadata of a unit break, in words; nil where they break nothing.
    func violation(by metadata: [UInt8]) -> String? {
      metadataFields.violation(by: metadata, beside: metadataRules)
    }
  }
}
