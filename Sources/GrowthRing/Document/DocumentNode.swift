/// One value of a configuration document, with the line it began on: the neutral form of JSON and YAML.
///
/// Numbers keep their spelling, so that decimals are read exactly and never pass through floating point.
public struct DocumentNode: Hashable, Sendable {
  /// A key of a mapping, the line of the key, and its value.
  public struct Entry: Hashable, Sendable {
    public let key: String
    /// Counted from 1.
    public let line: Int
    public let value: DocumentNode

    public init(key: String, line: Int, value: DocumentNode) {
      self.key = key
      self.line = line
      self.value = value
    }
  }

  public enum Value: Hashable, Sendable {
    /// Entries in the order of the document; keys are distinct.
    case mapping([Entry])
    case sequence([DocumentNode])
    case string(String)
    /// A number as it was spelled.
    case number(String)
    case boolean(Bool)
    case null
  }

  public let value: Value
  /// Where the value begins, counted from 1.
  public let line: Int

  public init(_ value: Value, line: Int) {
    self.value = value
    self.line = line
  }

  /// The kind of value, in the words of an error message.
  var kind: String {
    switch value {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .string: "a string"
    case .number: "a number"
    case .boolean: "a boolean"
    case .null: "null"
    }
  }
}
