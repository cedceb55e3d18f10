extension GrowthModel {
  /// Reads a model from JSON.
  ///
  /// - Parameters:
  ///   - json: a document as specified in Formats/growth-model.md.
  ///   - file: the file's name for error messages.
  /// - Throws: the syntax error, or else every problem of the content, each with its line and key path.
  public init(json: [UInt8], file: String) throws(ConfigurationError) {
    try self.init(node: DocumentJSONParser.parse(json, file: file), file: file)
  }

  /// Reads a model from a document that was parsed elsewhere, such as YAML.
  public init(node: DocumentNode, file: String) throws(ConfigurationError) {
    var reader = DocumentReader(root: node)
    let model = reader.model(node)
    let problems = reader.allProblems(with: model.problems())
    guard problems.isEmpty else { throw ConfigurationError(file: file, problems: problems) }
    self = model
  }
}
