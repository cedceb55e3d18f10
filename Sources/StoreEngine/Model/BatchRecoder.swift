import Columnar

/// Carries rows from one batch to another: which code of the source is which code of the target.
///
/// Every distinct text is looked up once, every further row costs one table access. Good for one source and one target as
/// long as the target's dictionaries only grow; `reset` when the target starts anew.
package struct BatchRecoder: Sendable {
  /// For every text column, by code of the source: the target's code + 1, or 0 where it is not yet known. Tables are made
  /// when they are first needed, at once where rows are many.
  var tables: [[UInt32]] = []
  /// Codes that are not yet known, while one column is at work.
  private var unknown: [UInt32] = []

  /// Rows that are to be carried in all.
  private let expected: Int

  /// For `expected` rows in all, or for many.
  package init(expected: Int = .max) {
    self.expected = min(expected, 1 << 32)
    if expected == .max { makeTables() }
  }

  private mutating func makeTables() {
    tables = [[UInt32]](repeating: [], count: EventBatch.dictionaryCount)
  }

  /// Forgets everything; the next source may be another one.
  package mutating func reset() {
    for column in tables.indices { tables[column].removeAll(keepingCapacity: true) }
  }

  /// Fewer rows are cheaper without a table of all codes.
  private static let fewRows = 16
  /// Rows that are carried at a time.
  private static let blockRows = 256

  /// Appends the codes of rows of one column, and the texts that they need.
  mutating func recode(
    _ column: TextColumn, _ rows: ArraySlice<UInt32>, _ codes: [UInt32], _ texts: ByteStringDictionary,
    to target: inout [UInt32], _ targetTexts: inout ByteStringDictionary
  ) {
    if expected < Self.fewRows || expected * 8 < texts.count {
      targetTexts.intern(rows, codes, of: texts, to: &target)
      return
    }
    if tables.isEmpty { makeTables() }
    var table: [UInt32] = []
    swap(&table, &tables[column.rawValue])
    if table.isEmpty { table = [UInt32](repeating: 0, count: texts.count) }
    unknown.removeAll(keepingCapacity: true)
    for row in rows {
      let code = codes[Int(row)]
      if table[Int(code)] == 0 {
        table[Int(code)] = .max
        unknown.append(code)
      }
    }
    if !unknown.isEmpty { targetTexts.intern(unknown, of: texts, table: &table) }
    Self.append(rows, to: &target) { table[Int(codes[$0])] &- 1 }
    swap(&table, &tables[column.rawValue])
  }

  /// Appends a value for each row, in blocks, so that the array is asked for room once a block.
  @inline(__always)
  static func append<T: BitwiseCopyable>(
    _ rows: ArraySlice<UInt32>, to target: inout [T], _ value: (Int) -> T
  ) {
    unsafe withUnsafeTemporaryAllocation(of: T.self, capacity: blockRows) { block in
      var next = rows.startIndex
      while next < rows.endIndex {
        let count = min(blockRows, rows.endIndex - next)
        for index in 0..<count { unsafe block.initializeElement(at: index, to: value(Int(rows[next + index]))) }
        unsafe target.append(contentsOf: UnsafeBufferPointer(rebasing: block[..<count]))
        next += count
      }
    }
  }
}

extension EventBatch {
  /// Appends rows of `source` in the given order.
  package mutating func append(
    _ source: EventBatch, rows: ArraySlice<UInt32>, recoder: inout BatchRecoder
  ) {
    recoder.recode(.user, rows, source.user, source.users, to: &user, &users)
    recoder.recode(.entity, rows, source.entity, source.entities, to: &entity, &entities)
    recoder.recode(.entityType, rows, source.entityType, source.entityTypes, to: &entityType, &entityTypes)
    recoder.recode(.dimension, rows, source.dimension, source.dimensions, to: &dimension, &dimensions)
    recoder.recode(.source, rows, source.source, source.sources, to: &self.source, &sources)
    recoder.recode(.scope, rows, source.scope, source.scopes, to: &scope, &scopes)
    recoder.recode(.metadata, rows, source.metadata, source.metadatas, to: &metadata, &metadatas)
    appendNumbers(of: source, rows: rows)
  }

  /// The columns that need no recoding.
  package mutating func appendNumbers(of source: EventBatch, rows: ArraySlice<UInt32>) {
    let (high, low, deltas, times) = (source.eventIDHigh, source.eventIDLow, source.delta, source.createdAt)
    BatchRecoder.append(rows, to: &eventIDHigh) { high[$0] }
    BatchRecoder.append(rows, to: &eventIDLow) { low[$0] }
    BatchRecoder.append(rows, to: &delta) { deltas[$0] }
    BatchRecoder.append(rows, to: &createdAt) { times[$0] }
  }

  /// Appends rows of another batch, recoding their texts.
  package mutating func append(_ rows: [UInt32], of other: EventBatch) {
    var recoder = BatchRecoder(expected: rows.count)
    append(other, rows: rows[...], recoder: &recoder)
  }

  /// Appends all rows of another batch, recoding their texts.
  package mutating func append(_ other: EventBatch) {
    append([UInt32](0..<UInt32(other.count)), of: other)
  }

  /// A batch of the given rows, in that order, whose dictionaries hold only what these rows use.
  package func gather(_ rows: [UInt32]) -> EventBatch {
    var result = EventBatch()
    result.append(rows, of: self)
    return result
  }
}
