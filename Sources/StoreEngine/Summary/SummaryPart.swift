/// A part of an event by which a summary divides events into groups.
public enum SummaryPart: RawRepresentable, CaseIterable, Sendable, Hashable {
  case user
  case entity
  case entityType
  case dimension
  case source
  case scope
  /// The UTC day of `created_at`.
  case day
  /// The week of `created_at`, from Monday to Sunday in UTC, named by its Monday.
  case week
  /// The month of `created_at` in UTC, named by its first day.
  case month
  /// The first value at a path of the metadata: the text of a string, a number as it is spelled, `true`, `false`, or the JSON of
  /// an array or object. Where there is none, or `null`, the empty text.
  case metadata(MetadataPath)

  /// All but those of metadata.
  public static let allCases: [SummaryPart] = [
    .user, .entity, .entityType, .dimension, .source, .scope, .day, .week, .month,
  ]

  /// The name, such as `dim_key` or `metadata.version`.
  public var rawValue: String {
    switch self {
    case .user: "user_id"
    case .entity: "entity_id"
    case .entityType: "entity_type"
    case .dimension: "dim_key"
    case .source: "source"
    case .scope: "scope"
    case .day: "day"
    case .week: "week"
    case .month: "month"
    case .metadata(let path): path.description
    }
  }

  public init?(rawValue: String) {
    if let part = Self.allCases.first(where: { $0.rawValue == rawValue }) {
      self = part
    } else if let path = try? MetadataPath(parsing: rawValue) {
      self = .metadata(path)
    } else {
      return nil
    }
  }

  /// The column that holds it; nil for parts of `created_at`.
  var column: TextColumn? {
    switch self {
    case .user: .user
    case .entity: .entity
    case .entityType: .entityType
    case .dimension: .dimension
    case .source: .source
    case .scope: .scope
    case .metadata: .metadata
    case .day, .week, .month: nil
    }
  }

  /// Whether values are ids in their stored form.
  var isIdentifier: Bool { self == .user || self == .entity }
}
