public import StoreEngine

/// How records of a file become memory units.
public struct UnitIngestOptions: Sendable {
  /// The unit of times that are given as integers.
  public var timeUnit = TimeUnit.microseconds
  /// How CSV and text columns of Parquet write their times.
  public var timeFormat = TimeFormat.iso
  /// The zone of times in CSV and Parquet that name none, in seconds east of UTC.
  public var naiveOffset = 0
  /// The byte between cells of CSV; nil to take whichever of comma, semicolon and tab the header has most of.
  public var delimiter: UInt8?
  /// Fields by column, for CSV and Parquet; empty where the columns bear the names of the fields. With a mapping,
  /// columns that it does not name are ignored, and blanks around cells are dropped, but never those of a content.
  public var mapping: [UnitColumnMapping] = []
  /// Skip keys and columns that are no fields of a unit, instead of rejecting their records.
  public var ignoreUnknownFields = false
  /// The user of records that name none.
  public var user: String?
  /// Give a record without a muid one that follows from its user, source type, title, content and creation, so that the
  /// same record is the same unit whenever it comes. Otherwise such a record is rejected.
  public var derivesIDs = true
  /// Longest record in bytes. A longer one is rejected and skipped without being held in memory. A content of 16 MiB
  /// may take six times as many bytes in JSON.
  public var longestRecord = 112 << 20
  /// How much of a rejected record is kept for the quarantine, in bytes.
  public var longestQuarantine = 64 << 10
  /// Texts of so many bytes fill a batch, however few its units.
  public var batchText = 8 << 20

  public init() {}
}

/// Where a field of a unit comes from in a CSV or Parquet file with columns of its own.
public struct UnitColumnMapping: Hashable, Sendable {
  public var field: UnitField
  public var source: ColumnMapping.Source

  public init(_ field: UnitField, _ source: ColumnMapping.Source) {
    self.field = field
    self.source = source
  }
}

/// Why no record of a CSV or Parquet file can be read as a unit.
public enum UnitHeaderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A required field has neither a column nor a constant.
  case missingField(UnitField)
  /// The mapping names a column that the header does not have.
  case missingColumn(String)
  /// A column that is to be read stands in the header twice.
  case duplicateColumn(String)
  /// A column that is no field of a unit; `UnitIngestOptions.ignoreUnknownFields` lets it pass.
  case unknownColumn(String)
  /// The mapping gives a field twice.
  case invalidMapping(UnitField)
  /// The header is no CSV record.
  case malformed

  public var description: String {
    switch self {
    case .missingField(let field): "there is no column for \(field.name), which every unit must have"
    case .missingColumn(let name): "the header has no column \"\(name)\""
    case .duplicateColumn(let name): "the header has the column \"\(name)\" twice"
    case .unknownColumn(let name): "the column \"\(name)\" is no field of a unit"
    case .invalidMapping(let field): "the mapping of \(field.name) is given twice"
    case .malformed: "the header is malformed"
    }
  }
}
