import Columnar
import Parquet
public import StoreEngine

/// Writes memory units as a Parquet file that any engine reads, see Formats/parquet.md.
///
/// Columns bear the names of `UnitField`: times are timestamps in microseconds and UTC, `importance_score` is a
/// `DECIMAL(18,6)`, `metadata` JSON, `is_deleted` a boolean, all others are strings; absent values are nulls.
public struct ParquetUnitWriter: Sendable {
  /// A row group ends with so many rows or bytes of text.
  private static let rowGroupRows = 1 << 18
  private static let rowGroupText = 64 << 20
  /// Digits of an importance in a column of 64 bits, which is what all readers know as a decimal.
  static let largestImportance: Int64 = 999_999_999_999_999_999

  private var writer: ParquetWriter
  private var pending: [MemoryUnit] = []
  private var pendingText = 0
  /// Units taken so far.
  public private(set) var count = 0

  public init(profile: ParquetEventWriter.Profile = .compatible) {
    var options = ParquetWriterOptions(
      profile: profile == .compatible ? .compatible : .compact, createdBy: "growthring version 0.1.0")
    options.columns[UnitField.user.name] = .init(hasBloomFilter: true)
    options.columns[UnitField.muid.name] = .init(hasBloomFilter: true)
    options.keyValues = [KeyValue("growthring.memory_units", "1")]
    writer = ParquetWriter(
      ParquetSchema(UnitField.allCases.map { Self.column($0) }, rootName: "memory_unit"), options: options)
  }

  static func column(_ field: UnitField, metadata: LogicalType = .json) -> SchemaField {
    switch field {
    case .muid, .user, .sourceType, .title, .content, .contentType, .status:
      SchemaField(field.name, .required, .byteArray, .string)
    case .createdAt, .updatedAt:
      SchemaField(field.name, .required, .int64, .timestamp(isUTC: true, unit: .microseconds))
    case .importanceScore: SchemaField(field.name, .optional, .int64, .decimal(precision: 18, scale: 6))
    case .metadata: SchemaField(field.name, .optional, .byteArray, metadata)
    case .isDeleted: SchemaField(field.name, .required, .boolean)
    }
  }

  /// Takes a unit; appends to `output` what of the file is ready.
  ///
  /// - Throws: for an importance of a trillion or more, which has more digits than the column; the unit is left out.
  public mutating func append(_ unit: MemoryUnit, into output: inout [UInt8]) throws(UnitRejection) {
    if let importance = unit.importanceScore, importance.millionths.magnitude > Self.largestImportance.magnitude {
      throw UnitRejection(
        row: count, field: .importanceScore, reason: .outOfRange, detail: "\(importance) does not fit DECIMAL(18,6)")
    }
    pending.append(unit)
    pendingText += unit.textLength
    count += 1
    if pending.count >= Self.rowGroupRows || pendingText >= Self.rowGroupText { writeRowGroup(into: &output) }
  }

  /// Appends the end of the file.
  public mutating func finish(into output: inout [UInt8]) {
    if !pending.isEmpty { writeRowGroup(into: &output) }
    writer.finish { output.append(contentsOf: $0) }
  }

  private mutating func writeRowGroup(into output: inout [UInt8]) {
    writer.write(UnitField.allCases.map { column($0) }) { output.append(contentsOf: $0) }
    pending.removeAll(keepingCapacity: true)
    pendingText = 0
  }

  private func column(_ field: UnitField) -> ColumnBatch {
    switch field {
    case .muid: text(\.muid)
    case .user: text(\.user)
    case .sourceType: text(\.sourceType)
    case .title: text(\.title)
    case .content: text(\.content)
    case .contentType: text(\.contentType)
    case .status: text(\.status)
    case .createdAt: ColumnBatch(.int64(pending.map(\.createdAt.microseconds)))
    case .updatedAt: ColumnBatch(.int64(pending.map(\.updatedAt.microseconds)))
    case .importanceScore:
      ColumnBatch(
        .int64(pending.compactMap { $0.importanceScore?.millionths }),
        definition: pending.map { $0.importanceScore == nil ? 0 : 1 })
    case .metadata:
      ColumnBatch(
        .bytes(ByteColumn(Self.strings(pending.lazy.map(\.metadata).filter { !$0.isEmpty }))),
        definition: pending.map { $0.metadata.isEmpty ? 0 : 1 })
    case .isDeleted: ColumnBatch(.boolean(pending.map(\.isDeleted)))
    }
  }

  private func text(_ part: KeyPath<MemoryUnit, String>) -> ColumnBatch {
    ColumnBatch(.bytes(ByteColumn(Self.strings(pending.lazy.map { $0[keyPath: part] }))))
  }

  private static func strings(_ texts: some Sequence<String>) -> ByteStrings {
    var strings = ByteStrings()
    for text in texts { strings.append(Array(text.utf8)) }
    return strings
  }
}
