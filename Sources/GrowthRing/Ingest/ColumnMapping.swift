public import StoreEngine

/// Where a field of an event comes from in a CSV file with columns of its own.
public struct ColumnMapping: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    /// The column with this name in the header.
    case column(String)
    /// The same text in every row.
    case constant(String)
  }

  public var field: EventField
  public var source: Source

  public init(_ field: EventField, _ source: Source) {
    self.field = field
    self.source = source
  }

  /// Reads `delta=price`, or `dim_key==act_world` for a constant; nil for anything else.
  public init?(_ text: String) {
    guard let equals = text.firstIndex(of: "="), let field = EventField(rawValue: String(text[..<equals])) else {
      return nil
    }
    let value = text[text.index(after: equals)...]
    guard !value.isEmpty else { return nil }
    self.init(field, value.hasPrefix("=") ? .constant(String(value.dropFirst())) : .column(String(value)))
  }
}

/// How a CSV file is to be read.
public struct CSVOptions: Sendable {
  public var ingest = IngestOptions()
  /// The byte between cells; nil to take whichever of comma, semicolon and tab the header has most of.
  public var delimiter: UInt8?
  /// Fields by column; empty where the columns bear the names of the fields. With a mapping, columns that it does not name
  /// are ignored, and rows get derived ids if it names none for them.
  public var mapping: [ColumnMapping] = []
  public var timeFormat = TimeFormat.iso
  /// The zone of times that name none, in seconds east of UTC.
  public var naiveOffset = 0
  /// The column with the zone of times that name none, such as `+02:00` or `UTC`.
  public var zoneColumn: String?
  /// Drop blanks and tabs around cells. Nil: only where there is a mapping.
  public var trimsCells: Bool?

  public init() {}

  public init(mapping: [ColumnMapping]) { self.mapping = mapping }
}
