import Columnar
import StoreEngine

extension [MetadataField] {
  /// Which rules and declarations metadata in canonical form break, in words; nil where they break none. Empty text is no
  /// metadata.
  func violation(by text: [UInt8], beside rules: GrowthModel.MetadataRules) -> String? {
    var reasons: [String] = []
    if !rules.isEmpty, let reason = rules.violation(by: text) { reasons.append(reason) }
    if !isEmpty, !text.isEmpty {
      let metadata = Bytes(text)
      for field in self where field.isBroken(by: metadata) {
        reasons.append("metadata \"\(field.name)\" must be \(field.type.inWords), as the growth model declares")
      }
    }
    return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
  }
}

extension MetadataField.ValueType {
  fileprivate var inWords: String {
    switch self {
    case .text: "a string"
    case .number: "a number with at most six fractional digits within ±\(GrowthModel.Dimension.largestDelta)"
    case .time: "a time of ISO 8601"
    case .boolean: "true or false"
    }
  }
}

extension GrowthModel {
  /// Parts of summaries with values of metadata that are declared as numbers taken as such.
  func typed(_ parts: [SummaryPart]) -> [SummaryPart] {
    guard !metadataFields.isEmpty else { return parts }
    return parts.map { part in
      guard case .metadata(let path) = part,
        metadataFields.contains(where: { $0.path == path && $0.type == .number })
      else { return part }
      return .metadataNumber(path, width: nil)
    }
  }
}
