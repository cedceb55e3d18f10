import Parquet
import StoreEngine

/// Events as Parquet columns, see Formats/parquet.md.
enum ParquetEventSchema {
  /// The fields in the order of the columns.
  static let fields: [EventField] = [
    .eventID, .user, .entity, .entityType, .dimension, .delta, .source, .scope, .createdAt, .metadata,
  ]

  /// Digits of a delta in a column of 64 bits, which is what all readers know as a decimal.
  static let precision: Int32 = 18
  static let largestDelta: Int64 = 999_999_999_999_999_999

  static let schema = ParquetSchema(fields.map { column($0) }, rootName: "event")

  /// Whether a file has the columns of events: as they are written now, or as they were when metadata bore the type JSON.
  static func isKnown(_ columns: [SchemaField]) -> Bool {
    columns == schema.fields || columns == fields.map { column($0, metadata: .json) }
  }

  /// Rows are sorted by these within a row group.
  static let sorting: [SortingColumn] = [EventField.user, .entity, .dimension, .createdAt, .eventID].map { field in
    SortingColumn(fields.firstIndex(of: field) ?? 0)
  }

  static let keyValues = [KeyValue("growthring.events", "1")]

  /// Metadata are texts to whoever has no type for JSON, and readers differ in what they make of that type: bytes, objects
  /// that forget something, or nothing at all where a table says text.
  private static func column(_ field: EventField, metadata: LogicalType = .string) -> SchemaField {
    let repetition: Repetition = field.isRequired || field == .eventID ? .required : .optional
    return switch field {
    case .eventID: SchemaField(field.name, repetition, .fixedLengthByteArray, length: 16, .uuid)
    case .delta: SchemaField(field.name, repetition, .int64, .decimal(precision: precision, scale: 6))
    case .createdAt: SchemaField(field.name, repetition, .int64, .timestamp(isUTC: true, unit: .microseconds))
    case .metadata: SchemaField(field.name, repetition, .byteArray, metadata)
    case .user, .entity, .entityType, .dimension, .source, .scope, .sourceMUID:
      SchemaField(field.name, repetition, .byteArray, .string)
    }
  }
}
