import StoreEngine

extension MaintenanceJob {
  static let formatVersion = 1

  func json() -> String {
    var writer = PrettyJSON()
    writer.object { root in
      root.field("version", number: "\(Self.formatVersion)")
      root.field("cause", string: cause.rawValue)
      root.field("started_at", string: startedAt.description)
      if let endedAt { root.field("ended_at", string: endedAt.description) }
      if let error { root.field("error", string: error) }
      root.field("steps", objects: steps) { $0.write($1) }
    }
    return writer.text + "\n"
  }

  /// Reads a record; nil where it is none, or one of a version that is not known.
  init?(name: String, json: [UInt8]) {
    guard let root = try? DocumentJSONParser.parse(json, file: name), let fields = Self.fields(root),
      case .number("\(Self.formatVersion)")? = fields["version"],
      let cause = Self.text(fields["cause"]).flatMap({ Cause(rawValue: $0) }),
      let startedAt = Self.text(fields["started_at"]).flatMap({ Timestamp($0) }),
      case .sequence(let steps)? = fields["steps"]
    else { return nil }
    self.init(name: name, cause: cause, startedAt: startedAt)
    endedAt = Self.text(fields["ended_at"]).flatMap { Timestamp($0) }
    error = Self.text(fields["error"])
    // Steps that only later versions know are left out.
    self.steps = steps.compactMap { Step($0) }
  }

  fileprivate static func fields(_ node: DocumentNode) -> [String: DocumentNode.Value]? {
    guard case .mapping(let entries) = node.value else { return nil }
    return Dictionary(entries.map { ($0.key, $0.value.value) }, uniquingKeysWith: { first, _ in first })
  }

  fileprivate static func text(_ value: DocumentNode.Value?) -> String? {
    if case .string(let text)? = value { return text }
    return nil
  }
}

extension MaintenanceJob.Step {
  fileprivate init?(_ node: DocumentNode) {
    guard let fields = MaintenanceJob.fields(node),
      let step = MaintenanceJob.text(fields["step"]).flatMap({ MaintenanceStep(rawValue: $0) }),
      let startedAt = MaintenanceJob.text(fields["started_at"]).flatMap({ Timestamp($0) })
    else { return nil }
    func count(_ key: String) -> Int {
      if case .number(let text)? = fields[key] { return Int(text) ?? 0 }
      return 0
    }
    self.init(
      step: step, startedAt: startedAt, endedAt: MaintenanceJob.text(fields["ended_at"]).flatMap { Timestamp($0) },
      moved: count("moved"), units: count("units"), bytesBefore: count("bytes_before"),
      bytesAfter: count("bytes_after"),
      error: MaintenanceJob.text(fields["error"]))
  }
}

extension PrettyJSON {
  fileprivate mutating func write(_ step: MaintenanceJob.Step) {
    field("step", string: step.step.rawValue)
    field("started_at", string: step.startedAt.description)
    if let endedAt = step.endedAt { field("ended_at", string: endedAt.description) }
    field("moved", number: "\(step.moved)")
    if step.units > 0 { field("units", number: "\(step.units)") }
    field("bytes_before", number: "\(step.bytesBefore)")
    field("bytes_after", number: "\(step.bytesAfter)")
    if let error = step.error { field("error", string: error) }
  }
}
