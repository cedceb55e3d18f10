import StoreEngine

extension GrowthModel.MetadataRules {
  /// Which rules a metadata text breaks, in words; nil where it breaks none. Empty text is no metadata.
  func violation(by text: [UInt8]) -> String? {
    var fields: [ExactText: JSONObjectScanner.Field] = [:]
    if !text.isEmpty {
      guard let found = JSONObjectScanner.fields(of: text) else { return "metadata is no JSON object" }
      for field in found { fields[ExactText(field.key)] = field }
    }
    var reasons: [String] = []
    for key in required where fields[ExactText(key)].map({ $0.kind == .null }) ?? true {
      reasons.append("metadata has no \"\(key)\", which the growth model requires")
    }
    for (key, type) in types.sorted(by: { $0.key < $1.key }) {
      guard let field = fields[ExactText(key)], field.kind != type.kind else { continue }
      reasons.append("metadata \"\(key)\" must be of type \(type.rawValue)")
    }
    for (key, values) in allowed.sorted(by: { $0.key < $1.key }) {
      guard let field = fields[ExactText(key)], !values.contains(where: { $0.equals(field, in: text) }) else {
        continue
      }
      let shown = values.prefix(8).map(\.json).joined(separator: ", ") + (values.count > 8 ? ", …" : "")
      reasons.append("metadata \"\(key)\" must be one of \(shown)")
    }
    return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
  }
}

extension GrowthModel.MetadataRules.ValueType {
  fileprivate var kind: JSONObjectScanner.Kind {
    switch self {
    case .string: .string
    case .number: .number
    case .boolean: .boolean
    case .array: .array
    case .object: .object
    }
  }
}

extension GrowthModel.MetadataRules.Value {
  fileprivate func equals(_ field: JSONObjectScanner.Field, in bytes: [UInt8]) -> Bool {
    let value = bytes[field.value]
    switch self {
    case .string(let text):
      guard field.kind == .string, let given = JSONObjectScanner.text(value.dropFirst().dropLast()) else {
        return false
      }
      return given.utf8.elementsEqual(text.utf8)
    case .boolean(let wanted):
      return field.kind == .boolean && value.elementsEqual((wanted ? "true" : "false").utf8)
    case .number(let text):
      guard field.kind == .number else { return false }
      if value.elementsEqual(text.utf8) { return true }
      guard case .success(let a) = DecimalText.parse(Array(value)),
        case .success(let b) = DecimalText.parse(Array(text.utf8))
      else { return false }
      return a == b
    }
  }
}
