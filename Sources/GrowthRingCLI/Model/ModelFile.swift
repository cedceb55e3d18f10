import GrowthRing

/// Growth models in files: YAML where the name says so, else JSON.
enum ModelFile {
  private static let largest = 16 << 20

  /// - Throws: `GrowthModelError` with every problem of the model, by line.
  static func load(_ path: String) throws -> GrowthModel {
    let bytes = try InputFile(path: path).readAll(limit: largest)
    let name = path.lowercased()
    guard name.hasSuffix(".yaml") || name.hasSuffix(".yml") else { return try GrowthModel(json: bytes, file: path) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure("\(path) is not valid UTF-8", "Save the file as UTF-8.")
    }
    return try GrowthModel(node: YAMLModelNode.parse(text, file: path), file: path)
  }
}
