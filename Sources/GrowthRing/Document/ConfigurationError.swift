/// Everything that is wrong with a growth model, found in one pass.
public struct ConfigurationError: Error, Hashable, Sendable {
  public struct Problem: Error, Hashable, Sendable {
    /// Counted from 1; nil for a model that was built in code.
    public let line: Int?
    /// In Unicode scalars, counted from 1; only syntax errors have one.
    public let column: Int?
    /// Where in the document, such as `dimensions[2].max_delta`; empty for the document itself.
    public let keyPath: String
    public let reason: String
    /// Whether the document is of a version that is newer than this program.
    let isNewer: Bool

    public init(line: Int?, column: Int? = nil, keyPath: String, reason: String) {
      self.init(line: line, column: column, keyPath: keyPath, reason: reason, isNewer: false)
    }

    init(line: Int?, column: Int? = nil, keyPath: String, reason: String, isNewer: Bool) {
      self.line = line
      self.column = column
      self.keyPath = keyPath
      self.reason = reason
      self.isNewer = isNewer
    }
  }

  /// The name of the file as the caller gave it; empty for a model that was built in code.
  public let file: String
  /// At least one, in the order of their lines.
  public let problems: [Problem]

  public init(file: String, problems: [Problem]) {
    self.file = file
    self.problems = problems
  }
}

extension ConfigurationError.Problem: CustomStringConvertible {
  /// `dimensions[2].max_delta, line 14: reason`.
  public var description: String {
    var place = keyPath
    if let line {
      if !place.isEmpty { place += ", " }
      place += "line \(line)"
      if let column { place += ", column \(column)" }
    }
    return place.isEmpty ? reason : "\(place): \(reason)"
  }
}

extension ConfigurationError: CustomStringConvertible {
  /// One line a problem, each with the file's name before it.
  public var description: String {
    problems.map { file.isEmpty ? "\($0)" : "\(file): \($0)" }.joined(separator: "\n")
  }
}
