import StoreEngine

/// The growth model out of a document. See Formats/growth-model.md.
extension DocumentReader {
  private static let modelKeys = [
    "version", "name", "open", "dimensions", "entity_types", "metadata_rules", "metadata_fields", "units",
    "connection_dimension", "connection_measure", "evolution",
  ]

  mutating func model(_ root: DocumentNode) -> GrowthModel {
    let fields = fields(root, "", Self.modelKeys)
    let version = version(fields["version"], root, newest: GrowthModel.formatVersion)
    for (key, since) in [("units", 2), ("metadata_fields", 3)] {
      guard let version, version < since, let node = fields[key] else { continue }
      report(key, node.line, "needs version \(since), and this document says version \(version)")
    }
    if fields["name"] == nil, case .mapping = root.value { report("name", root.line, "is required") }
    let isOpen = boolean(fields["open"], "open") ?? false
    var dimensions: [GrowthModel.Dimension] = []
    if let node = fields["dimensions"] {
      for (index, element) in elements(node, "dimensions").enumerated() {
        dimensions.append(dimension(element, "dimensions[\(index)]"))
      }
    }
    var evolution: [GrowthModel.EvolutionState]?
    if let node = fields["evolution"] {
      evolution = []
      for (index, element) in elements(node, "evolution").enumerated() {
        evolution?.append(state(element, "evolution[\(index)]"))
      }
    }
    return GrowthModel(
      unchecked: string(fields["name"], "name") ?? "unnamed", isOpen: isOpen, dimensions: dimensions,
      entityTypes: fields["entity_types"].map { strings($0, "entity_types") },
      metadataRules: fields["metadata_rules"].map { metadataRules($0, "metadata_rules") }
        ?? GrowthModel.MetadataRules(),
      metadataFields: fields["metadata_fields"].map { metadataFields($0, "metadata_fields") } ?? [],
      unitRules: fields["units"].map { unitRules($0, "units", version) } ?? GrowthModel.UnitRules(),
      connectionDimension: string(fields["connection_dimension"], "connection_dimension"),
      connectionMeasure: choice(
        fields["connection_measure"], "connection_measure", GrowthModel.ConnectionMeasure.self) ?? .eventCount,
      evolution: evolution)
  }

  private static let dimensionKeys = [
    "key", "name", "description", "activation_threshold", "mastery_threshold", "min_delta", "max_delta", "counter",
  ]

  private mutating func dimension(_ node: DocumentNode, _ path: String) -> GrowthModel.Dimension {
    let fields = fields(node, path, Self.dimensionKeys)
    if fields["key"] == nil, case .mapping = node.value { report("\(path).key", node.line, "is required") }
    typealias Dimension = GrowthModel.Dimension
    let activation = decimal(fields["activation_threshold"], "\(path).activation_threshold")
    // A single high activation threshold lifts the default of the other.
    let mastery = decimal(fields["mastery_threshold"], "\(path).mastery_threshold")
    return Dimension(
      key: string(fields["key"], "\(path).key") ?? path, name: string(fields["name"], "\(path).name"),
      description: string(fields["description"], "\(path).description") ?? "",
      activationThreshold: activation ?? Dimension.defaultActivationThreshold,
      masteryThreshold: mastery ?? max(Dimension.defaultMasteryThreshold, activation ?? .zero),
      minDelta: decimal(fields["min_delta"], "\(path).min_delta") ?? Dimension.smallestDelta,
      maxDelta: decimal(fields["max_delta"], "\(path).max_delta") ?? Dimension.largestDelta,
      isCounter: boolean(fields["counter"], "\(path).counter") ?? false)
  }

  private static let stateKeys = [
    "state", "min_active_dimensions", "min_mastered_dimensions", "min_score", "min_connections",
  ]

  private mutating func state(_ node: DocumentNode, _ path: String) -> GrowthModel.EvolutionState {
    let fields = fields(node, path, Self.stateKeys)
    if fields["state"] == nil, case .mapping = node.value { report("\(path).state", node.line, "is required") }
    let most = Int64(GrowthModel.mostDimensions)
    return GrowthModel.EvolutionState(
      state: string(fields["state"], "\(path).state") ?? path,
      minActiveDimensions: Int(
        count(fields["min_active_dimensions"], "\(path).min_active_dimensions", limit: most) ?? 0),
      minMasteredDimensions: Int(
        count(fields["min_mastered_dimensions"], "\(path).min_mastered_dimensions", limit: most) ?? 0),
      minScore: decimal(fields["min_score"], "\(path).min_score"),
      minConnections: UInt64(count(fields["min_connections"], "\(path).min_connections", limit: Int64.max) ?? 0))
  }

  private mutating func unitRules(_ node: DocumentNode, _ path: String, _ version: Int?) -> GrowthModel.UnitRules {
    let fields = fields(node, path, ["source_types", "content_types", "metadata_rules", "metadata_fields"])
    if let version, version < 3, let node = fields["metadata_fields"] {
      report("\(path).metadata_fields", node.line, "needs version 3, and this document says version \(version)")
    }
    return GrowthModel.UnitRules(
      sourceTypes: fields["source_types"].map { strings($0, "\(path).source_types") },
      contentTypes: fields["content_types"].map { strings($0, "\(path).content_types") },
      metadataRules: fields["metadata_rules"].map { metadataRules($0, "\(path).metadata_rules") }
        ?? GrowthModel.MetadataRules(),
      metadataFields: fields["metadata_fields"].map { metadataFields($0, "\(path).metadata_fields") } ?? [])
  }

  private mutating func metadataFields(_ node: DocumentNode, _ path: String) -> [MetadataField] {
    var declared: [MetadataField] = []
    for entry in entries(node, path) {
      let path = "\(path).\(entry.key)"
      let fields = fields(entry.value, path, ["type"])
      if fields["type"] == nil, case .mapping = entry.value.value {
        report("\(path).type", entry.line, "is required")
      }
      let type = choice(fields["type"], "\(path).type", MetadataField.ValueType.self)
      do throws(MetadataPredicateError) {
        let place = try MetadataPath(parsing: "metadata." + entry.key)
        if let field = MetadataField(place, type ?? .text) {
          declared.append(field)
        } else {
          report(path, entry.line, "is a path into an array; a field is reached by keys alone")
        }
      } catch {
        report(path, entry.line, "is no path of keys, such as campaign, price.amount or \"due date\": \(error.reason)")
      }
    }
    return declared
  }

  private mutating func metadataRules(_ node: DocumentNode, _ path: String) -> GrowthModel.MetadataRules {
    let fields = fields(node, path, ["required", "types", "allowed"])
    var types: [String: GrowthModel.MetadataRules.ValueType] = [:]
    if let node = fields["types"] {
      for entry in entries(node, "\(path).types") {
        let path = "\(path).types.\(entry.key)"
        types[entry.key] = choice(entry.value, path, GrowthModel.MetadataRules.ValueType.self)
      }
    }
    var allowed: [String: [GrowthModel.MetadataRules.Value]] = [:]
    if let node = fields["allowed"] {
      for entry in entries(node, "\(path).allowed") {
        allowed[entry.key] = values(entry.value, "\(path).allowed.\(entry.key)")
      }
    }
    let required = fields["required"].map { strings($0, "\(path).required") } ?? []
    return GrowthModel.MetadataRules(required: required, types: types, allowed: allowed)
  }

  private mutating func values(_ node: DocumentNode, _ path: String) -> [GrowthModel.MetadataRules.Value] {
    var values: [GrowthModel.MetadataRules.Value] = []
    for (index, element) in elements(node, path).enumerated() {
      switch element.value {
      case .string(let text): values.append(.string(text))
      case .number(let text): values.append(.number(text))
      case .boolean(let value): values.append(.boolean(value))
      default: report("\(path)[\(index)]", element.line, "must be a string, number or boolean, not \(element.kind)")
      }
    }
    return values
  }

  /// A decimal, given as a number or as a string.
  private mutating func decimal(_ node: DocumentNode?, _ path: String) -> Delta? {
    guard let node else { return nil }
    let text: String
    switch node.value {
    case .number(let spelled), .string(let spelled): text = spelled
    default:
      report(path, node.line, "must be a decimal, not \(node.kind)")
      return nil
    }
    switch DecimalText.parse(Array(text.utf8)) {
    case .success(let millionths): return Delta(millionths: millionths)
    case .failure(.malformed): report(path, node.line, "\"\(text)\" is no decimal")
    case .failure(.tooManyDigits): report(path, node.line, "\(text) has more than six fractional digits")
    case .failure(.outOfRange):
      report(path, node.line, "\(text) is out of range (±\(GrowthModel.Dimension.largestDelta))")
    }
    return nil
  }
}
