import StoreEngine

extension GrowthModel {
  /// The model as JSON: indented by two spaces, keys in a fixed order, a newline at the end.
  ///
  /// The same model always gives the same text, and reading it gives the same model. Defaults are written out, except
  /// for what is absent by nature: unlimited deltas, any entity type, rules and conditions that are not there.
  public func json() -> String {
    var writer = PrettyJSON()
    writer.object { root in
      let hasFields = !metadataFields.isEmpty || !unitRules.metadataFields.isEmpty
      root.field("version", number: hasFields ? "3" : unitRules.isEmpty ? "1" : "2")
      root.field("name", string: name)
      if isOpen { root.field("open", number: "true") }
      if !dimensions.isEmpty { root.field("dimensions", objects: dimensions) { $0.write($1) } }
      if let entityTypes { root.field("entity_types", inline: entityTypes.map(JSONEscape.quoted)) }
      if !metadataRules.isEmpty { root.field("metadata_rules", object: { metadataRules.write(&$0) }) }
      if !metadataFields.isEmpty { root.field("metadata_fields", object: { metadataFields.write(&$0) }) }
      if !unitRules.isEmpty { root.field("units", object: { unitRules.write(&$0) }) }
      if let connectionDimension {
        root.field("connection_dimension", string: connectionDimension)
        root.field("connection_measure", string: connectionMeasure.rawValue)
      }
      root.field("evolution", objects: evolution) { $0.write($1) }
    }
    return writer.text + "\n"
  }
}

extension PrettyJSON {
  fileprivate mutating func write(_ dimension: GrowthModel.Dimension) {
    field("key", string: dimension.key)
    field("name", string: dimension.name)
    if !dimension.description.isEmpty { field("description", string: dimension.description) }
    field("activation_threshold", number: "\(dimension.activationThreshold)")
    field("mastery_threshold", number: "\(dimension.masteryThreshold)")
    if dimension.minDelta != GrowthModel.Dimension.smallestDelta {
      field("min_delta", number: "\(dimension.minDelta)")
    }
    if dimension.maxDelta != GrowthModel.Dimension.largestDelta {
      field("max_delta", number: "\(dimension.maxDelta)")
    }
    if dimension.isCounter { field("counter", number: "true") }
  }

  fileprivate mutating func write(_ state: GrowthModel.EvolutionState) {
    field("state", string: state.state)
    if state.minActiveDimensions != 0 { field("min_active_dimensions", number: "\(state.minActiveDimensions)") }
    if state.minMasteredDimensions != 0 { field("min_mastered_dimensions", number: "\(state.minMasteredDimensions)") }
    if let minScore = state.minScore { field("min_score", number: "\(minScore)") }
    if state.minConnections != 0 { field("min_connections", number: "\(state.minConnections)") }
  }
}

extension GrowthModel.UnitRules {
  fileprivate func write(_ writer: inout PrettyJSON) {
    if let sourceTypes { writer.field("source_types", inline: sourceTypes.map(JSONEscape.quoted)) }
    if let contentTypes { writer.field("content_types", inline: contentTypes.map(JSONEscape.quoted)) }
    if !metadataRules.isEmpty { writer.field("metadata_rules", object: { metadataRules.write(&$0) }) }
    if !metadataFields.isEmpty { writer.field("metadata_fields", object: { metadataFields.write(&$0) }) }
  }
}

extension [MetadataField] {
  fileprivate func write(_ writer: inout PrettyJSON) {
    for field in self { writer.field(field.name) { $0.field("type", string: field.type.rawValue) } }
  }
}

extension GrowthModel.MetadataRules {
  fileprivate func write(_ writer: inout PrettyJSON) {
    if !required.isEmpty { writer.field("required", inline: required.map(JSONEscape.quoted)) }
    if !types.isEmpty {
      writer.field("types") { writer in
        for (key, type) in types.sorted(by: { $0.key < $1.key }) { writer.field(key, string: type.rawValue) }
      }
    }
    if !allowed.isEmpty {
      writer.field("allowed") { writer in
        for (key, values) in allowed.sorted(by: { $0.key < $1.key }) {
          writer.field(key, inline: values.map(\.json))
        }
      }
    }
  }
}

extension GrowthModel.MetadataRules.Value {
  /// The value as JSON.
  var json: String {
    switch self {
    case .string(let text): JSONEscape.quoted(text)
    case .number(let text): text
    case .boolean(let value): value ? "true" : "false"
    }
  }
}
