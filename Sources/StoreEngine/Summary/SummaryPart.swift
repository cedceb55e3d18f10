import Columnar

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
  /// The first number at a path of the metadata, by its value however it is spelled; where a width is given, the buckets of
  /// that width from 0 up and down, each named by its lower end. Where there is no number, the empty text; in buckets also
  /// where it is beyond the range of a `Delta`.
  case metadataNumber(MetadataPath, width: Delta?)
  /// The first time of ISO 8601 at a path of the metadata, by what of the calendar of UTC it lies in, each named by its first day.
  /// Where there is no time, the empty text.
  case metadataTime(MetadataPath, CalendarUnit)

  /// All but those of metadata.
  public static let allCases: [SummaryPart] = [
    .user, .entity, .entityType, .dimension, .source, .scope, .day, .week, .month,
  ]

  /// The name, such as `dim_key`, `metadata.version`, `metadata.amount:number`, `metadata.amount:100` or `metadata.due:month`.
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
    case .metadataNumber(let path, let width): path.description + ":" + (width?.description ?? Self.number)
    case .metadataTime(let path, let unit): path.description + ":" + unit.rawValue
    }
  }

  private static let number = "number"

  public init?(rawValue: String) {
    if let part = Self.allCases.first(where: { $0.rawValue == rawValue }) {
      self = part
    } else if let path = try? MetadataPath(parsing: rawValue) {
      self = .metadata(path)
    } else if let colon = rawValue.lastIndex(of: ":"),
      let path = try? MetadataPath(parsing: String(rawValue[..<colon]))
    {
      let kind = String(rawValue[rawValue.index(after: colon)...])
      if let unit = CalendarUnit(rawValue: kind) {
        self = .metadataTime(path, unit)
      } else if kind == Self.number {
        self = .metadataNumber(path, width: nil)
      } else if let width = Delta(kind), width > .zero {
        self = .metadataNumber(path, width: width)
      } else {
        return nil
      }
    } else {
      return nil
    }
  }

  /// Where in metadata it stands; nil for parts that are no metadata.
  var metadataPath: MetadataPath? {
    switch self {
    case .metadata(let path), .metadataNumber(let path, _), .metadataTime(let path, _): path
    default: nil
    }
  }

  /// What it is of the value at its path, as text; empty for parts that are no metadata.
  func text(of value: MetadataValue) -> [UInt8] {
    switch self {
    case .metadata(let path): path.text(of: value)
    case .metadataNumber(let path, let width): path.number(of: value, width: width)
    case .metadataTime(let path, let unit):
      path.day(of: value, firstOf: unit).map { Array(Timestamp.Day.text($0).utf8) } ?? []
    default: []
    }
  }

  /// Whether its texts are numbers, and in order as such.
  var isNumber: Bool { if case .metadataNumber = self { true } else { false } }

  /// The column that holds it; nil for parts of `created_at`.
  var column: TextColumn? {
    switch self {
    case .user: .user
    case .entity: .entity
    case .entityType: .entityType
    case .dimension: .dimension
    case .source: .source
    case .scope: .scope
    case .metadata, .metadataNumber, .metadataTime: .metadata
    case .day, .week, .month: nil
    }
  }

  /// Whether values are ids in their stored form.
  var isIdentifier: Bool { self == .user || self == .entity }
}
