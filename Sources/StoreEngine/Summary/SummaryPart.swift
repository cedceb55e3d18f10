/// A part of an event by which a summary divides events into groups.
public enum SummaryPart: String, CaseIterable, Sendable, Hashable {
  case user = "user_id"
  case entity = "entity_id"
  case entityType = "entity_type"
  case dimension = "dim_key"
  case source
  case scope
  /// The UTC day of `created_at`.
  case day
  /// The week of `created_at`, from Monday to Sunday in UTC, named by its Monday.
  case week
  /// The month of `created_at` in UTC, named by its first day.
  case month

  /// The column that holds it; nil for parts of `created_at`.
  var column: TextColumn? {
    switch self {
    case .user: .user
    case .entity: .entity
    case .entityType: .entityType
    case .dimension: .dimension
    case .source: .source
    case .scope: .scope
    case .day, .week, .month: nil
    }
  }

  /// Whether values are ids in their stored form.
  var isIdentifier: Bool { self == .user || self == .entity }
}
