import StoreEngine

extension GrowthModel {
  static let mostDimensions = 1_000
  static let mostEntityTypes = 10_000
  static let mostStates = 64
  static let mostFields = 1_000

  /// What contradicts itself in a model whose single values are well formed; key paths as in the file, without lines.
  func problems() -> [ConfigurationError.Problem] {
    var found: [ConfigurationError.Problem] = []
    func report(_ keyPath: String, _ reason: String) {
      found.append(.init(line: nil, keyPath: keyPath, reason: reason))
    }
    Self.checkText(name, "name", report)
    checkDimensions(report)
    checkEntityTypes(report)
    Self.check(metadataRules, "metadata_rules", report)
    Self.check(metadataFields, "metadata_fields", beside: metadataRules, "metadata_rules", report)
    checkUnitRules(report)
    checkEvolution(report)
    return found
  }

  private typealias Report = (_ keyPath: String, _ reason: String) -> Void

  private static func checkText(_ text: String, _ keyPath: String, _ report: Report) {
    let length = text.utf8.count
    if length == 0 || length > 255 { report(keyPath, "must have 1 to 255 bytes of UTF-8, has \(length)") }
    if text.utf8.contains(0) { report(keyPath, "must not contain NUL") }
  }

  private func checkDimensions(_ report: Report) {
    if dimensions.isEmpty && !isOpen {
      report("dimensions", "at least one dimension is needed unless the model is open")
    }
    if dimensions.count > Self.mostDimensions {
      report("dimensions", "at most \(Self.mostDimensions) dimensions, not \(dimensions.count)")
    }
    var seen: [String: Int] = [:]
    for (index, dimension) in dimensions.enumerated() {
      let path = "dimensions[\(index)]"
      Self.checkText(dimension.key, "\(path).key", report)
      if let before = seen.updateValue(index, forKey: dimension.key) {
        report("\(path).key", "\"\(dimension.key)\" is the key of dimensions[\(before)] already")
      }
      if dimension.masteryThreshold < dimension.activationThreshold {
        report(
          "\(path).mastery_threshold",
          "\(dimension.masteryThreshold) is below the activation_threshold of \(dimension.activationThreshold)")
      }
      if dimension.maxDelta < dimension.minDelta {
        report("\(path).max_delta", "\(dimension.maxDelta) is below the min_delta of \(dimension.minDelta)")
      }
    }
  }

  private func checkEntityTypes(_ report: Report) {
    guard let entityTypes else { return }
    if isOpen { report("entity_types", "an open model takes any entity type; remove either this list or \"open\"") }
    if entityTypes.isEmpty {
      report("entity_types", "an empty list would refuse every event; leave it out to allow any")
    }
    if entityTypes.count > Self.mostEntityTypes {
      report("entity_types", "at most \(Self.mostEntityTypes) entity types, not \(entityTypes.count)")
    }
    Self.checkDistinct(entityTypes, "entity_types", report)
  }

  private static func checkDistinct(_ texts: [String], _ keyPath: String, _ report: Report) {
    var seen: [String: Int] = [:]
    for (index, text) in texts.enumerated() {
      checkText(text, "\(keyPath)[\(index)]", report)
      if let before = seen.updateValue(index, forKey: text) {
        report("\(keyPath)[\(index)]", "\"\(text)\" is listed already, as \(keyPath)[\(before)]")
      }
    }
  }

  private func checkUnitRules(_ report: Report) {
    Self.check(unitRules.metadataRules, "units.metadata_rules", report)
    Self.check(
      unitRules.metadataFields, "units.metadata_fields", beside: unitRules.metadataRules, "units.metadata_rules", report
    )
    for (types, path) in [
      (unitRules.sourceTypes, "units.source_types"), (unitRules.contentTypes, "units.content_types"),
    ] {
      guard let types else { continue }
      if types.isEmpty { report(path, "an empty list would know no type; leave it out to know any") }
      if types.count > Self.mostEntityTypes { report(path, "at most \(Self.mostEntityTypes), not \(types.count)") }
      Self.checkDistinct(types, path, report)
    }
  }

  private static func check(_ rules: MetadataRules, _ path: String, _ report: Report) {
    checkDistinct(rules.required, "\(path).required", report)
    let types = "\(path).types"
    for (key, values) in rules.allowed.sorted(by: { $0.key < $1.key }) {
      let path = "\(path).allowed.\(key)"
      if values.isEmpty { report(path, "an empty list would refuse every value") }
      for (index, value) in values.enumerated() {
        guard case .number(let text) = value, !DocumentJSONParser.isNumber(text) else { continue }
        report("\(path)[\(index)]", "\(text) is not spelled as JSON spells numbers")
      }
      guard let type = rules.types[key] else { continue }
      for (index, value) in values.enumerated() where value.type != type {
        report("\(path)[\(index)]", "is a \(value.type.rawValue), but \(types) asks for \(type.rawValue)")
      }
    }
  }

  /// A field is one value, and its type is said in one place.
  private static func check(
    _ fields: [MetadataField], _ path: String, beside rules: MetadataRules, _ rulesPath: String, _ report: Report
  ) {
    if fields.count > mostFields { report(path, "at most \(mostFields) fields, not \(fields.count)") }
    for (index, field) in fields.enumerated().prefix(mostFields) {
      let path = "\(path).\(field.name)"
      if let other = fields[..<index].first(where: { $0.path.overlaps(field.path) }) {
        report(path, "\"\(other.name)\" is declared already, and is a single value")
      }
      if let key = field.path.outermostKey, let type = rules.types[key],
        type != .object || field.path == MetadataPath(key)
      {
        report(path, "\(rulesPath).types says already that \"\(key)\" is of type \(type.rawValue)")
      }
    }
  }

  private func checkEvolution(_ report: Report) {
    if let connectionDimension, !isOpen, dimension(connectionDimension) == nil {
      let hint = NearestName.suggestion(for: connectionDimension, among: dimensions.map(\.key))
      report("connection_dimension", "the model has no dimension \"\(connectionDimension)\"\(hint)")
    }
    if evolution.isEmpty { report("evolution", "at least one state is needed") }
    if evolution.count > Self.mostStates {
      report("evolution", "at most \(Self.mostStates) states, not \(evolution.count)")
    }
    if let first = evolution.first, first.hasConditions {
      report("evolution[0]", "the first state holds for everything and must not have conditions")
    }
    let reachable = dimensions.count { !$0.isCounter }
    var seen: [String: Int] = [:]
    for (index, state) in evolution.enumerated() {
      let path = "evolution[\(index)]"
      Self.checkText(state.state, "\(path).state", report)
      if let before = seen.updateValue(index, forKey: state.state) {
        report("\(path).state", "\"\(state.state)\" is the name of evolution[\(before)] already")
      }
      for (key, count) in [
        ("min_active_dimensions", state.minActiveDimensions), ("min_mastered_dimensions", state.minMasteredDimensions),
      ] {
        if count < 0 { report("\(path).\(key)", "must not be negative") }
        if count > reachable, !isOpen {
          report("\(path).\(key)", "\(count) can never be reached: the model has \(reachable) dimensions that count")
        }
      }
      if state.minConnections > 0, connectionDimension == nil {
        report("\(path).min_connections", "needs connection_dimension, the dimension that counts connections")
      }
    }
  }
}

extension GrowthModel.MetadataRules.Value {
  var type: GrowthModel.MetadataRules.ValueType {
    switch self {
    case .string: .string
    case .number: .number
    case .boolean: .boolean
    }
  }
}
