public import StoreEngine

/// What growth means in one store: its dimensions, what events may carry, and which states growth goes through.
///
/// A model is configuration, not schema: changing it changes what is accepted from then on and how aggregates are
/// read, never what is stored. Its file is specified in Formats/growth-model.md.
///
/// Every value of this type is valid: all ways to make one check it, and throw a ``ConfigurationError`` that names
/// every problem.
public struct GrowthModel: Sendable, Hashable {
  /// The newest version of the file format. A model is written in the lowest version that can say it.
  public static let formatVersion = 3

  /// 1 to 255 bytes of UTF-8.
  public let name: String
  /// Whether dimensions and entity types are unrestricted. Dimensions that are listed keep their thresholds and ranges.
  public let isOpen: Bool
  /// In the order of the file; keys are distinct.
  public let dimensions: [Dimension]
  /// The entity types that events may have; nil where any is fine.
  public let entityTypes: [String]?
  public let metadataRules: MetadataRules
  /// The declared fields of the metadata of events, by their names.
  public let metadataFields: [MetadataField]
  /// What memory units look like.
  public let unitRules: UnitRules
  /// The dimension that counts connections; nil where nothing does.
  public let connectionDimension: String?
  public let connectionMeasure: ConnectionMeasure
  /// At least one; the first has no conditions.
  public let evolution: [EvolutionState]

  /// Position in `dimensions` by key.
  private let positions: [String: Int]

  /// What counts as one connection.
  public enum ConnectionMeasure: String, Sendable, Hashable, CaseIterable {
    /// Every event of the connection dimension.
    case eventCount = "event_count"
    /// Every whole unit of its score; a negative score is no connection.
    case score
  }

  /// Makes a model in code. Where `evolution` is nil it is ``defaultEvolution(dimensions:open:connected:)``.
  ///
  /// - Throws: every problem found, with key paths but without lines.
  public init(
    name: String, isOpen: Bool = false, dimensions: [Dimension], entityTypes: [String]? = nil,
    metadataRules: MetadataRules = MetadataRules(), metadataFields: [MetadataField] = [],
    unitRules: UnitRules = UnitRules(), connectionDimension: String? = nil,
    connectionMeasure: ConnectionMeasure = .eventCount, evolution: [EvolutionState]? = nil
  ) throws(ConfigurationError) {
    self.init(
      unchecked: name, isOpen: isOpen, dimensions: dimensions, entityTypes: entityTypes, metadataRules: metadataRules,
      metadataFields: metadataFields, unitRules: unitRules, connectionDimension: connectionDimension,
      connectionMeasure: connectionMeasure,
      evolution: evolution)
    let problems = problems()
    if !problems.isEmpty { throw ConfigurationError(file: "", problems: problems) }
  }

  /// For the loader, which checks the whole and knows the lines.
  init(
    unchecked name: String, isOpen: Bool, dimensions: [Dimension], entityTypes: [String]?,
    metadataRules: MetadataRules, metadataFields: [MetadataField] = [], unitRules: UnitRules = UnitRules(),
    connectionDimension: String?, connectionMeasure: ConnectionMeasure, evolution: [EvolutionState]?
  ) {
    self.name = name
    self.isOpen = isOpen
    self.dimensions = dimensions
    self.entityTypes = entityTypes
    self.metadataRules = metadataRules
    self.metadataFields = metadataFields.sorted()
    self.unitRules = unitRules
    self.connectionDimension = connectionDimension
    self.connectionMeasure = connectionMeasure
    self.evolution =
      evolution
      ?? Self.defaultEvolution(
        dimensions: dimensions.count { !$0.isCounter }, open: isOpen, connected: connectionDimension != nil)
    positions = Dictionary(dimensions.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The dimension of a key; nil where the model does not list it.
  public func dimension(_ key: String) -> Dimension? {
    // Strings are equal by meaning; keys are equal by bytes.
    guard let position = positions[key], dimensions[position].key.utf8.elementsEqual(key.utf8) else { return nil }
    return dimensions[position]
  }
}
