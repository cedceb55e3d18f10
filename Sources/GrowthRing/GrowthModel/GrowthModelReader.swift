import StoreEngine

/// Takes a document apart and gathers what is wrong with it, instead of stopping at the first problem.
///
/// A value that cannot be read is reported and replaced by its default, so that the rest is checked as well.
struct GrowthModelReader {
  private var problems: [GrowthModelError.Problem] = []
  /// The line on which the value of a key path was given.
  private var lines: [String: Int] = [:]

  init(root: ModelNode) { lines[""] = root.line }

  /// The problems of the document and those that `GrowthModel.problems()` found afterwards, with lines and in order.
  ///
  /// A contradiction is left out where a value beside it could not be read, since it may come from the default that
  /// took that value's place.
  func allProblems(with contradictions: [GrowthModelError.Problem]) -> [GrowthModelError.Problem] {
    let broken = Set(problems.map { Self.parent(of: $0.keyPath) })
    let exact = Set(problems.map(\.keyPath))
    var all = problems
    for problem in contradictions {
      let parent = Self.parent(of: problem.keyPath)
      if exact.contains(problem.keyPath) { continue }
      if !problem.keyPath.isEmpty, broken.contains(problem.keyPath) { continue }
      if !parent.isEmpty, broken.contains(parent) || exact.contains(parent) { continue }
      all.append(.init(line: line(of: problem.keyPath), keyPath: problem.keyPath, reason: problem.reason))
    }
    return all.enumerated().sorted { a, b in
      (a.element.line ?? 0, a.offset) < (b.element.line ?? 0, b.offset)
    }.map(\.element)
  }

  private static func parent(of keyPath: String) -> String {
    guard let end = keyPath.lastIndex(where: { $0 == "." || $0 == "[" }) else { return "" }
    return String(keyPath[..<end])
  }

  /// The line of a key path, or of the nearest part of the document around it.
  private func line(of keyPath: String) -> Int? {
    var path = keyPath
    while lines[path] == nil, !path.isEmpty { path = Self.parent(of: path) }
    return lines[path]
  }

  private mutating func report(_ keyPath: String, _ line: Int, _ reason: String) {
    problems.append(.init(line: line, keyPath: keyPath, reason: reason))
  }

  // MARK: Values

  private mutating func entries(_ node: ModelNode, _ path: String) -> [ModelNode.Entry] {
    guard case .mapping(let entries) = node.value else {
      report(path, node.line, "must be a mapping of keys to values, not \(node.kind)")
      return []
    }
    for entry in entries { lines[Self.join(path, entry.key)] = entry.line }
    return entries
  }

  private static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The values of a mapping whose keys are known; others are reported.
  private mutating func fields(_ node: ModelNode, _ path: String, _ known: [String]) -> [String: ModelNode] {
    var fields: [String: ModelNode] = [:]
    for entry in entries(node, path) {
      if known.contains(entry.key) {
        fields[entry.key] = entry.value
      } else {
        let nearest = NearestName.suggestion(for: entry.key, among: known)
        let hint = nearest.isEmpty ? "; known are \(known.joined(separator: ", "))" : nearest
        report(Self.join(path, entry.key), entry.line, "unknown key \"\(entry.key)\"\(hint)")
      }
    }
    return fields
  }

  private mutating func elements(_ node: ModelNode, _ path: String) -> [ModelNode] {
    guard case .sequence(let elements) = node.value else {
      report(path, node.line, "must be a list, not \(node.kind)")
      return []
    }
    for (index, element) in elements.enumerated() { lines["\(path)[\(index)]"] = element.line }
    return elements
  }

  private mutating func string(_ node: ModelNode?, _ path: String) -> String? {
    guard let node else { return nil }
    if case .string(let text) = node.value { return text }
    report(path, node.line, "must be a string, not \(node.kind)")
    return nil
  }

  private mutating func strings(_ node: ModelNode, _ path: String) -> [String] {
    var texts: [String] = []
    for (index, element) in elements(node, path).enumerated() {
      if let text = string(element, "\(path)[\(index)]") { texts.append(text) }
    }
    return texts
  }

  private mutating func boolean(_ node: ModelNode?, _ path: String) -> Bool? {
    guard let node else { return nil }
    if case .boolean(let value) = node.value { return value }
    report(path, node.line, "must be true or false, not \(node.kind)")
    return nil
  }

  /// A decimal, given as a number or as a string.
  private mutating func decimal(_ node: ModelNode?, _ path: String) -> Delta? {
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

  private mutating func count(_ node: ModelNode?, _ path: String, limit: Int64) -> Int64? {
    guard let node else { return nil }
    if case .number(let text) = node.value, let value = Int64(text), value >= 0, value <= limit { return value }
    var given = node.kind
    if case .number(let text) = node.value { given = text }
    report(path, node.line, "must be a whole number from 0 to \(limit), not \(given)")
    return nil
  }

  private mutating func choice<T: RawRepresentable & CaseIterable>(
    _ node: ModelNode?, _ path: String, _ type: T.Type
  ) -> T? where T.RawValue == String {
    guard let node, let text = string(node, path) else { return nil }
    if let value = T(rawValue: text) { return value }
    let known = T.allCases.map(\.rawValue)
    let hint = NearestName.suggestion(for: text, among: known)
    report(path, node.line, "must be one of \(known.joined(separator: ", ")), not \"\(text)\"\(hint)")
    return nil
  }

  // MARK: The model

  private static let modelKeys = [
    "version", "name", "open", "dimensions", "entity_types", "metadata_rules", "connection_dimension",
    "connection_measure", "evolution",
  ]

  mutating func model(_ root: ModelNode) -> GrowthModel {
    let fields = fields(root, "", Self.modelKeys)
    version(fields["version"], root)
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
      metadataRules: fields["metadata_rules"].map { metadataRules($0) } ?? GrowthModel.MetadataRules(),
      connectionDimension: string(fields["connection_dimension"], "connection_dimension"),
      connectionMeasure: choice(
        fields["connection_measure"], "connection_measure", GrowthModel.ConnectionMeasure.self) ?? .eventCount,
      evolution: evolution)
  }

  private mutating func version(_ node: ModelNode?, _ root: ModelNode) {
    guard let node else {
      if case .mapping = root.value { report("version", root.line, "is required; the current version is 1") }
      return
    }
    guard let version = count(node, "version", limit: Int64.max) else { return }
    if version != GrowthModel.formatVersion {
      report("version", node.line, "version \(version) is not known; this program reads version 1")
    }
  }

  private static let dimensionKeys = [
    "key", "name", "description", "activation_threshold", "mastery_threshold", "min_delta", "max_delta", "counter",
  ]

  private mutating func dimension(_ node: ModelNode, _ path: String) -> GrowthModel.Dimension {
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

  private mutating func state(_ node: ModelNode, _ path: String) -> GrowthModel.EvolutionState {
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

  private mutating func metadataRules(_ node: ModelNode) -> GrowthModel.MetadataRules {
    let path = "metadata_rules"
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

  private mutating func values(_ node: ModelNode, _ path: String) -> [GrowthModel.MetadataRules.Value] {
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
}
