extension GrowthModel {
  /// What the metadata of every event has to look like. The rules see the keys of the outermost object.
  public struct MetadataRules: Sendable, Hashable {
    /// What a value must be. `null` is of none of these types.
    public enum ValueType: String, Sendable, Hashable, CaseIterable {
      case string, number, boolean, array, object
    }

    /// One of the values that a key may have.
    public enum Value: Sendable, Hashable {
      case string(String)
      /// As it was spelled. Numbers are compared as decimals where both have at most six fractional digits and are in
      /// the range of a delta, and by spelling otherwise.
      case number(String)
      case boolean(Bool)
    }

    /// Keys that must be there, with a value other than `null`.
    public let required: [String]
    /// The type of a key's value, where the key is there.
    public let types: [String: ValueType]
    /// The values that a key may have, where the key is there.
    public let allowed: [String: [Value]]

    public init(required: [String] = [], types: [String: ValueType] = [:], allowed: [String: [Value]] = [:]) {
      self.required = required
      self.types = types
      self.allowed = allowed
    }

    /// Whether every metadata is fine.
    public var isEmpty: Bool { required.isEmpty && types.isEmpty && allowed.isEmpty }
  }
}
