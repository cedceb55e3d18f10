import Columnar

/// A column of some rows: its values, and the levels that say where nulls and lists are.
///
/// The levels are those of the format (Dremel): a value is there where its definition level is the column's highest, and a
/// row begins where the repetition level is 0. Without optional and repeated fields there are no levels.
package struct ColumnBatch: Hashable, Sendable {
  package var values: ColumnValues
  /// One a value or null; nil where the column has none.
  package var definition: [UInt8]?
  package var repetition: [UInt8]?

  package init(_ values: ColumnValues, definition: [UInt8]? = nil, repetition: [UInt8]? = nil) {
    self.values = values
    self.definition = definition
    self.repetition = repetition
  }

  /// Values and nulls together.
  package var levelCount: Int { definition?.count ?? repetition?.count ?? values.count }

  package var rowCount: Int { repetition?.reduce(0) { $0 + ($1 == 0 ? 1 : 0) } ?? levelCount }

  /// Of a flat optional column: where in `values` each row's value is, nil for a null.
  package func places(maxDefinition: UInt8) -> [Int?] {
    guard let definition else { return Array(0..<values.count) }
    var next = 0
    return definition.map { level in
      guard level == maxDefinition else { return nil }
      next += 1
      return next - 1
    }
  }

  static func empty(_ column: ParquetColumn) -> ColumnBatch {
    ColumnBatch(
      .empty(column), definition: column.maxDefinition > 0 ? [] : nil, repetition: column.maxRepetition > 0 ? [] : nil)
  }

  /// Appends the levels in a range, and the values that belong to them, which are those in `values`.
  mutating func append(_ other: ColumnBatch, levels: Range<Int>, values range: Range<Int>) {
    values.append(other.values, range)
    if let more = other.definition { definition?.append(contentsOf: more[levels]) }
    if let more = other.repetition { repetition?.append(contentsOf: more[levels]) }
  }
}
