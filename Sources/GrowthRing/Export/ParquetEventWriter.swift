import Columnar
import Parquet
public import StoreEngine

/// Writes events as a Parquet file that any engine reads.
///
/// ```swift
/// var writer = ParquetEventWriter()
/// for try await batch in try await store.sortedEvents() {
///   try writer.append(batch, into: &bytes)   // then write `bytes` to the file and empty it
/// }
/// try writer.finish(into: &bytes)
/// ```
/// Columns bear the names of `EventField`: `event_id` is a UUID, `delta` a `DECIMAL(18,6)`, `created_at` a timestamp in
/// microseconds and UTC, `metadata` JSON, all others are strings, with ids as they were spelled; absent values are nulls.
/// Rows are held until a row group is full, about half a million of them, and come sorted by user, entity, dimension, time and
/// id; give them in the order of `GrowthStore.sortedEvents(matching:)` to have the whole file so.
public struct ParquetEventWriter: Sendable {
  /// What the readers of the file may be.
  public enum Profile: String, CaseIterable, Sendable {
    /// Encodings that every reader knows.
    case compatible
    /// Newer encodings and all effort, which take an eighth less room and more than ten times as long to write (some 7 µs of CPU an
    /// event), for readers of 2023 and later; not all of those read UUIDs so.
    case compact
  }

  /// Texts of a row group, in bytes.
  private static let longestText = 256 << 20

  private let rowGroupRows: Int
  private var writer: ParquetWriter
  private var pending = EventBatch()
  /// Events taken so far.
  public private(set) var count = 0

  /// - Parameter rowGroupRows: the most rows of a row group. Of half a million rows, texts that hardly repeat are most often
  ///   few enough for codes of two bytes.
  public init(profile: Profile = .compatible, rowGroupRows: Int = 1 << 19) {
    precondition(rowGroupRows > 0, "a row group has rows")
    self.rowGroupRows = rowGroupRows
    var options = ParquetWriterOptions(
      profile: profile == .compatible ? .compatible : .compact, createdBy: "growthring version 0.1.0")
    options.rowGroupRows = rowGroupRows
    options.columns[EventField.user.name] = .init(hasBloomFilter: true)
    options.sorting = ParquetEventSchema.sorting
    options.keyValues = ParquetEventSchema.keyValues
    writer = ParquetWriter(ParquetEventSchema.schema, options: options)
  }

  /// Takes events; appends to `output` what of the file is ready.
  ///
  /// - Throws: where an event cannot be written; the file is then of no use.
  public mutating func append(_ batch: EventBatch, into output: inout [UInt8]) throws(ParquetExportError) {
    if count == 0, batch.count > 0 { pending.reserveRows(min(rowGroupRows, 1 << 20)) }
    var row = 0
    while row < batch.count {
      let taken = min(batch.count - row, rowGroupRows - pending.count)
      pending.append(row..<row + taken, of: batch)
      row += taken
      count += taken
      if pending.count >= rowGroupRows || pending.textLength >= Self.longestText {
        try writeRowGroup(into: &output)
      }
    }
  }

  /// Writes a batch as a row group of its own.
  package mutating func appendRowGroup(_ batch: EventBatch, into output: inout [UInt8]) throws(ParquetExportError) {
    precondition(pending.isEmpty && batch.count <= rowGroupRows, "a row group of its own")
    count += batch.count
    try write(batch, into: &output)
  }

  /// Begins another file of the same form, written as this one was.
  package func next() -> ParquetEventWriter {
    var writer = self
    writer.writer = self.writer.next()
    writer.pending = EventBatch()
    writer.count = 0
    return writer
  }

  /// Appends the end of the file.
  public mutating func finish(into output: inout [UInt8]) throws(ParquetExportError) {
    if !pending.isEmpty { try writeRowGroup(into: &output) }
    writer.finish { output.append(contentsOf: $0) }
  }

  private mutating func writeRowGroup(into output: inout [UInt8]) throws(ParquetExportError) {
    try write(pending, into: &output)
    pending.removeAll(keepingCapacity: true)
  }

  private mutating func write(_ batch: EventBatch, into output: inout [UInt8]) throws(ParquetExportError) {
    let columns = ParquetEventColumns(batch)
    if let row = columns.firstTooLarge { throw .deltaTooLarge(batch.event(at: row)) }
    writer.write(columns.columns()) { output.append(contentsOf: $0) }
  }
}

/// Why events cannot be written as Parquet.
public enum ParquetExportError: Error, Sendable, CustomStringConvertible {
  /// A delta of a trillion or more, which has more digits than the column.
  case deltaTooLarge(GrowthEvent)

  public var description: String {
    switch self {
    case .deltaTooLarge(let event):
      "the delta \(event.delta) of event \(event.eventID?.description ?? "?") does not fit DECIMAL(18,6)"
    }
  }
}
