import GrowthRing

/// Growth models and ageing policies in files: YAML where the name says so, else JSON.
enum ConfigurationFile {
  private static let largest = 16 << 20

  /// - Throws: `ConfigurationError` with every problem of the model, by line.
  static func loadModel(_ path: String) throws -> GrowthModel {
    try load(path, json: { try GrowthModel(json: $0, file: path) }, node: { try GrowthModel(node: $0, file: path) })
  }

  /// - Throws: `ConfigurationError` with every problem of the policy, by line.
  static func loadPolicy(_ path: String) throws -> AgeingPolicy {
    try load(path, json: { try AgeingPolicy(json: $0, file: path) }, node: { try AgeingPolicy(node: $0, file: path) })
  }

  private static func load<T>(_ path: String, json: ([UInt8]) throws -> T, node: (DocumentNode) throws -> T) throws -> T
  {
    let bytes = try InputFile(path: path).readAll(limit: largest)
    let name = path.lowercased()
    guard name.hasSuffix(".yaml") || name.hasSuffix(".yml") else { return try json(bytes) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure("\(path) is not valid UTF-8", "Save the file as UTF-8.")
    }
    return try node(YAMLDocument.parse(text, file: path))
  }
}
