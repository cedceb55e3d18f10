import Columnar

/// Values of ranges of rows; only the pages that the range touches are read.
extension RowGroup {
  package func createdAt(_ range: Range<Int>) throws(StoreError) -> [Int64] {
    try collect(range) { page throws(StoreError) in try self.createdAt(page: page) }
  }

  package func delta(_ range: Range<Int>) throws(StoreError) -> [Int64] {
    try collect(range) { page throws(StoreError) in try self.delta(page: page) }
  }

  package func eventIDs(_ range: Range<Int>) throws(StoreError) -> [EventID] {
    try collect(range) { page throws(StoreError) in
      let ids = try self.eventIDs(page: page)
      return zip(ids.high, ids.low).map { EventID(high: $0, low: $1) }
    }
  }

  package func codes(_ column: TextColumn, _ range: Range<Int>) throws(StoreError) -> [UInt32] {
    try collect(range) { page throws(StoreError) in try self.codes(column, page: page) }
  }

  private func collect<T>(
    _ range: Range<Int>, _ values: (Int) throws(StoreError) -> [T]
  ) throws(StoreError) -> [T] {
    var result: [T] = []
    result.reserveCapacity(range.count)
    for page in pages(range) {
      let ofPage = rows(ofPage: page)
      let part = range.clamped(to: ofPage)
      let decoded = try values(page)
      result.append(contentsOf: decoded[part.lowerBound - ofPage.lowerBound..<part.upperBound - ofPage.lowerBound])
    }
    return result
  }

  /// The rows of a range as a batch; columns that were not asked for come as zeros and empty texts.
  package func batch(_ range: Range<Int>, columns: ColumnSet) throws(StoreError) -> EventBatch {
    var batch = EventBatch()
    var recoder = RowGroupRecoder()
    for page in pages(range) {
      let ofPage = rows(ofPage: page)
      let part = range.clamped(to: ofPage)
      let picks = [Int32](Int32(part.lowerBound - ofPage.lowerBound)..<Int32(part.upperBound - ofPage.lowerBound))
      try append(page: page, picks, columns, to: &batch, &recoder)
    }
    return batch
  }

  /// Appends picked rows of one page, given as indices within it.
  func append(
    page: Int, _ picks: [Int32], _ columns: ColumnSet, to batch: inout EventBatch, _ recoder: inout RowGroupRecoder
  ) throws(StoreError) {
    for column in TextColumn.allCases {
      guard columns.contains(ColumnSet(column)) else {
        batch.change(column) { codes, dictionary in
          codes.append(contentsOf: repeatElement(dictionary.intern([UInt8]()), count: picks.count))
        }
        continue
      }
      let source = try codes(column, page: page)
      try batch.change(column) { (codes, dictionary) throws(StoreError) in
        try recoder.append(source, picks, column, of: self, to: &codes, &dictionary)
      }
    }
    Self.gather(columns.contains(.createdAt) ? try createdAt(page: page) : nil, picks, to: &batch.createdAt)
    Self.gather(columns.contains(.delta) ? try delta(page: page) : nil, picks, to: &batch.delta)
    let ids = columns.contains(.eventID) ? try eventIDs(page: page) : nil
    Self.gather(ids?.high, picks, to: &batch.eventIDHigh)
    Self.gather(ids?.low, picks, to: &batch.eventIDLow)
  }

  private static func gather<T: FixedWidthInteger>(_ values: [T]?, _ picks: [Int32], to target: inout [T]) {
    guard let values else {
      target.append(contentsOf: repeatElement(0, count: picks.count))
      return
    }
    for pick in picks { target.append(values[Int(pick)]) }
  }
}

/// Which code of a row group is which code of the batch that its rows go to. Good for one of each.
struct RowGroupRecoder {
  /// For every text column, by code of the row group: the batch's code + 1, or 0 where it is not yet known. A table is made
  /// when its column is first asked for.
  private var tables = [[UInt32]](repeating: [], count: TextColumn.allCases.count)

  mutating func append(
    _ source: [UInt32], _ picks: [Int32], _ column: TextColumn, of group: RowGroup, to codes: inout [UInt32],
    _ dictionary: inout ByteStringDictionary
  ) throws(StoreError) {
    let size = group.dictionarySize(column)
    if tables[column.rawValue].isEmpty { tables[column.rawValue] = [UInt32](repeating: 0, count: size) }
    var table: [UInt32] = []
    swap(&table, &tables[column.rawValue])
    for pick in picks {
      let code = source[Int(pick)]
      var mapped = table[Int(code)]
      if mapped == 0 {
        mapped = try group.intern(column, code, into: &dictionary) + 1
        table[Int(code)] = mapped
      }
      codes.append(mapped - 1)
    }
    swap(&table, &tables[column.rawValue])
  }
}
