/// The fields of a growth event, by the names that they bear in files.
public enum EventField: String, CaseIterable, Sendable {
  case eventID = "event_id"
  case user = "user_id"
  case entity = "entity_id"
  case entityType = "entity_type"
  case dimension = "dim_key"
  case delta = "delta"
  case source = "source"
  case scope = "scope"
  case createdAt = "created_at"
  case metadata = "metadata"
  /// The unit of memory that the event came from; kept in the metadata, under this key.
  case sourceMUID = "source_muid"

  /// The name in NDJSON and CSV.
  public var name: String { rawValue }

  /// Whether every event must have it.
  public var isRequired: Bool {
    switch self {
    case .user, .entity, .entityType, .dimension, .delta, .createdAt: true
    case .eventID, .source, .scope, .metadata, .sourceMUID: false
    }
  }
}
