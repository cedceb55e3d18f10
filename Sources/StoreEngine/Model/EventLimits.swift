/// How long the parts of an event may be. Part of the data model: raising one is a change of format.
public enum EventLimits {
  /// Longest id of a user or an entity, in bytes of UTF-8; the shortest is 1.
  public static let idLength = 255
  /// Longest entity type, dimension and source, in bytes of UTF-8; only a source may be empty.
  public static let nameLength = 255
  /// Longest scope, in bytes of UTF-8.
  public static let scopeLength = 1023
  /// Most parts of a scope. Each ancestor is a key of `scope_growth`, so one event touches at most this many.
  public static let scopeParts = 16
  /// Longest metadata in canonical form, in bytes.
  public static let metadataLength = 1 << 20
  /// How deep objects and arrays may be nested; the outermost object counts.
  public static let nesting = 64

  /// The longest text of a field; 0 for fields that are no text.
  package static func longest(_ field: EventField) -> Int {
    switch field {
    case .user, .entity, .sourceMUID: idLength
    case .entityType, .dimension, .source: nameLength
    case .scope: scopeLength
    case .metadata: metadataLength
    case .eventID, .delta, .createdAt: 0
    }
  }
}
