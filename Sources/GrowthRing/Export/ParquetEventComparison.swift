import Columnar
public import StoreEngine

/// Compares a Parquet file with the events that were written to it, before anybody relies on it.
///
/// ```swift
/// var comparison = ParquetEventComparison(try ParquetEventReader(path: path))
/// for try await batch in try await store.sortedEvents() {
///   if let difference = try comparison.compare(batch) { ... }
/// }
/// if let difference = try comparison.finish() { ... }
/// ```
/// Events are given in the order in which the writer took them, in batches however cut; the writer may have put the rows
/// of a row group in another order. A row group is read when all its events have come, and the batches are held that long.
public struct ParquetEventComparison: Sendable {
  private let reader: ParquetEventReader
  private var rowGroup = 0
  /// Events that were given and belong to row group `rowGroup`.
  private var pieces: [(batch: EventBatch, rows: Range<Int>)] = []
  private var pending = 0
  /// Rows in the row groups before.
  private var base = 0
  /// Events that were found to be equal.
  public var count: Int { base }

  public init(_ reader: ParquetEventReader) { self.reader = reader }

  /// Takes the next events.
  ///
  /// - Returns: the first difference in what can be compared by now; nil where there is none.
  /// - Throws: where the file cannot be read.
  public mutating func compare(_ batch: EventBatch) throws(ParquetIngestError) -> EventDifference? {
    var row = 0
    while row < batch.count {
      guard rowGroup < reader.rowGroupCount else {
        return EventDifference(row: base, expected: batch.event(at: row), found: nil)
      }
      let size = reader.count(rowGroup: rowGroup)
      let taken = min(batch.count - row, size - pending)
      if taken > 0 { pieces.append((batch, row..<row + taken)) }
      pending += taken
      row += taken
      if pending == size, let difference = try compareRowGroup() { return difference }
    }
    return nil
  }

  /// Says whether the file has more events than were given, or fewer.
  public mutating func finish() throws(ParquetIngestError) -> EventDifference? {
    while rowGroup < reader.rowGroupCount, reader.count(rowGroup: rowGroup) == 0 { rowGroup += 1 }
    guard rowGroup < reader.rowGroupCount else { return nil }
    let found = try reader.events(rowGroup: rowGroup)
    return EventDifference(row: base + pending, expected: nil, found: found.event(at: pending))
  }

  private mutating func compareRowGroup() throws(ParquetIngestError) -> EventDifference? {
    let found = try reader.events(rowGroup: rowGroup)
    var start = 0
    for piece in pieces {
      if Self.firstDifference(piece.batch, piece.rows, found, start) != nil {
        if let difference = difference(found) { return difference }
        break
      }
      start += piece.rows.count
    }
    base += found.count
    rowGroup += 1
    pieces.removeAll(keepingCapacity: true)
    pending = 0
    return nil
  }

  /// What differs where rows are not as they were given: maybe nothing but their order.
  private func difference(_ found: EventBatch) -> EventDifference? {
    var given = EventBatch()
    for piece in pieces { given.append(piece.rows, of: piece.batch) }
    if let order = ParquetEventColumns(given).order { given = given.gather(order) }
    guard let row = Self.firstDifference(given, 0..<given.count, found, 0) else { return nil }
    return EventDifference(row: base + row, expected: given.event(at: row), found: found.event(at: row))
  }

  /// The first of the rows that is not the one that stands in `found` from `start` on, counted from there.
  static func firstDifference(
    _ batch: EventBatch, _ rows: Range<Int>, _ found: EventBatch, _ start: Int
  ) -> Int? {
    var first = rows.count
    func compare<T: Equatable>(_ some: [T], _ other: [T]) {
      first = unsafe some.withUnsafeBufferPointer { some in
        unsafe other.withUnsafeBufferPointer { other in
          let some = unsafe UnsafeBufferPointer(rebasing: some[rows])
          let other = unsafe UnsafeBufferPointer(rebasing: other[start..<start + rows.count])
          for row in 0..<first where unsafe some[row] != other[row] { return row }
          return first
        }
      }
    }
    compare(batch.eventIDHigh, found.eventIDHigh)
    compare(batch.eventIDLow, found.eventIDLow)
    compare(batch.delta, found.delta)
    compare(batch.createdAt, found.createdAt)
    for (column, codes) in batch.codeColumns.enumerated() {
      let texts = batch.dictionaries[column]
      let otherTexts = found.dictionaries[column]
      let others = found.codeColumns[column]
      // For each text the code of its equal, plus one, so that two texts are compared once.
      var table = [UInt32](repeating: 0, count: texts.count)
      for row in 0..<first {
        let code = codes[rows.lowerBound &+ row]
        let other = others[start &+ row]
        if table[Int(code)] == other &+ 1 { continue }
        guard texts.equals(code, otherTexts, other) else {
          first = row
          break
        }
        table[Int(code)] = other &+ 1
      }
    }
    return first < rows.count ? first : nil
  }
}

/// Where a file does not hold the events that it should.
public struct EventDifference: Hashable, Sendable, CustomStringConvertible {
  /// The row in the file.
  public let row: Int
  /// The event that should stand there; nil where the file should have ended.
  public let expected: GrowthEvent?
  /// The event that stands there; nil where the file has ended.
  public let found: GrowthEvent?

  public var description: String {
    "row \(row): expected \(Self.text(expected)), found \(Self.text(found))"
  }

  private static func text(_ event: GrowthEvent?) -> String { event.map { "\($0)" } ?? "the end" }
}
