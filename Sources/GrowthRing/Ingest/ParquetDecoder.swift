import Columnar
import Parquet
public import StoreEngine

/// Reads growth events from a Parquet file, of this library or any other.
///
/// Columns bear the names of `EventField`, or the mapping of the options says which column is which field, with points
/// between the parts of a nested name. Every value is checked as if it stood in CSV:
/// - ids are texts or UUIDs, event ids also sixteen bytes;
/// - deltas are decimals, integers, text, or floating point numbers, which count as the shortest decimal that means them;
/// - times are timestamps of any unit, dates, text, or integers in the unit of the options. Timestamps that are not
///   adjusted to UTC, dates and texts without a zone are in the zone of the options; nothing finer than a microsecond is
///   rounded;
/// - nulls and empty texts are absent values.
///
/// ```swift
/// var decoder = try ParquetDecoder(path: "events.parquet")
/// while try decoder.decode(into: &batch, limit: 65_536, rejected: &rejected) == .batchFull { … }
/// ```
/// The file is mapped into memory and must not be truncated meanwhile.
public struct ParquetDecoder: Sendable {
  private let options: CSVOptions
  private let header: CSVHeader
  private var reader: CSVRecordReader
  private var rows: ParquetRows
  /// The number of records so far: events and rejected ones.
  public private(set) var recordCount = 0
  /// The number of rows in the file.
  public let rowCount: Int
  /// The length of the file in bytes.
  public let byteCount: Int

  private var window: [UInt8] = []
  private var memory: [UInt8] = []

  /// Rows that are looked at together.
  private static let rowsAhead = 16_384
  /// Bytes of text that are looked at together; one row may have more.
  private static let windowLength = 1 << 20

  /// Opens a file.
  public init(path: String, options: CSVOptions = CSVOptions()) throws(ParquetIngestError) {
    let bytes: Bytes
    do {
      bytes = try ParquetRows.map(path)
    } catch {
      throw .unreadable("\(error)")
    }
    try self.init(bytes, options: options)
  }

  /// Reads a file that is in memory.
  public init(bytes: [UInt8], options: CSVOptions = CSVOptions()) throws(ParquetIngestError) {
    try self.init(Bytes(bytes), options: options)
  }

  private init(_ bytes: Bytes, options: CSVOptions) throws(ParquetIngestError) {
    let file: ParquetReader
    do {
      file = try ParquetReader(bytes)
    } catch {
      throw .damaged(offset: error.offset, error.reason)
    }
    let names = file.schema.columns.map(\.name)
    var options = options
    // Blanks in a typed file are meant.
    options.trimsCells = options.trimsCells ?? false
    let header: CSVHeader
    do {
      header = try CSVHeader(names, options)
    } catch {
      throw .header(error)
    }
    var unit = options.ingest.timeUnit
    if case .epoch(let given) = options.timeFormat { unit = given }
    var wanted: [Int: EventField?] = [:]
    for binding in header.bindings {
      guard let column = binding.column else { continue }
      if wanted[column] == nil || binding.field == .createdAt || binding.field == .eventID {
        wanted[column] = binding.field
      }
    }
    if let zone = header.zoneColumn, wanted[zone] == nil { wanted[zone] = .some(nil) }
    var columns: [ParquetRows.Column] = []
    for (place, field) in wanted.sorted(by: { $0.key < $1.key }) {
      let cells = try ParquetCells(file.schema.columns[place], for: field, timeUnit: unit)
      if field == .createdAt, cells.isTime { options.timeFormat = .iso }
      columns.append(ParquetRows.Column(place: place, name: names[place], cells: cells))
    }
    self.options = options
    self.header = header
    reader = CSVRecordReader(header, options)
    rows = ParquetRows(file, columns)
    rowCount = file.metadata.rowCount
    byteCount = bytes.count
  }

  /// Adds at most `limit` events to `batch` and appends what is no event to `rejected`.
  ///
  /// - Throws: where the file is damaged. What came before is in the batch.
  public mutating func decode(
    into batch: inout EventBatch, limit: Int, rejected: inout [RejectedRecord]
  ) throws(ParquetIngestError) -> IngestProgress {
    let target = IngestLimits.target(batch.count, limit)
    while batch.count < target, batch.metadatas.arena.count < IngestLimits.batchText {
      do {
        guard try rows.isReady(rowsAhead: Self.rowsAhead) else { return .finished }
      } catch {
        throw .damaged(offset: error.offset, error.reason)
      }
      decodeBlock(into: &batch, limit: target - batch.count, &rejected)
    }
    return .batchFull
  }

  /// Writes some rows as text and makes events of them.
  private mutating func decodeBlock(
    into batch: inout EventBatch, limit: Int, _ rejected: inout [RejectedRecord]
  ) {
    window.removeAll(keepingCapacity: true)
    var places: [TextPlace] = []
    var overlong: Set<Int> = []
    var count = 0
    while rows.isReady, count < limit, window.count < Self.windowLength {
      let rowStart = window.count
      for index in rows.columns.indices {
        let start = window.count
        rows.append(column: index, to: &window)
        places.append(TextPlace(offset: start, count: window.count - start))
        // At which scans stop.
        window.append(UInt8(ascii: "\n"))
      }
      if window.count - rowStart > options.ingest.longestRecord {
        overlong.insert(count)
        shorten(&places, from: rowStart)
      }
      rows.advance()
      count += 1
    }
    let length = window.count
    window.append(UInt8(ascii: "\n"))
    window.append(contentsOf: repeatElement(0, count: PaddedInput.padding))
    let needed = 4 * window.count + header.constants.count + 4 * PaddedInput.padding
    if memory.count < needed { memory = [UInt8](repeating: 0, count: needed) }
    // Both leave the decoder while it works on them.
    var (text, room) = ([UInt8](), [UInt8]())
    swap(&text, &window)
    swap(&room, &memory)
    unsafe text.withUnsafeBytes { source in
      unsafe room.withUnsafeMutableBytes { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { preconditionFailure("no memory") }
        let input = unsafe PaddedInput(base: from, count: length)
        var scratch = unsafe TextScratch(base: to, capacity: target.count)
        read(count, places, overlong, input, &scratch, &batch, &rejected)
      }
    }
    swap(&text, &window)
    swap(&room, &memory)
  }

  /// Keeps the beginnings of the values of the last row, for the quarantine.
  private mutating func shorten(_ places: inout [TextPlace], from start: Int) {
    let length = options.ingest.longestQuarantine / max(1, rows.columns.count)
    var kept: [UInt8] = []
    for index in places.count - rows.columns.count..<places.count {
      let place = places[index]
      let count = min(place.count, length)
      places[index] = TextPlace(offset: start + kept.count, count: count)
      kept.append(contentsOf: window[place.offset..<place.offset + count])
      kept.append(UInt8(ascii: "\n"))
    }
    window.removeLast(window.count - start)
    window.append(contentsOf: kept)
  }

  private mutating func read(
    _ count: Int, _ places: [TextPlace], _ overlong: Set<Int>, _ input: PaddedInput, _ scratch: inout TextScratch,
    _ batch: inout EventBatch, _ rejected: inout [RejectedRecord]
  ) {
    reader.beginBatch()
    defer { reader.flush(input, &scratch, into: &batch) }
    var cells = [TextPlace](repeating: TextPlace(), count: header.columnCount)
    for index in 0..<count {
      if reader.pending == RecordWriter.blockLength || scratch.count >= input.count {
        reader.flush(input, &scratch, into: &batch)
      }
      if reader.pending == 0 {
        scratch.count = 0
        scratch.append(contentsOf: header.constants)
      }
      let columns = rows.columns
      let first = index * columns.count
      for place in columns.indices { cells[columns[place].place] = places[first + place] }
      do throws(RecordFault) {
        if overlong.contains(index) { throw RecordFault(nil, .tooLong) }
        try reader.read(cells, input, &scratch)
      } catch {
        rejected.append(rejection(error, places[first..<first + columns.count], input))
      }
      recordCount += 1
    }
  }

  /// The record as the quarantine keeps it.
  private func rejection(
    _ fault: RecordFault, _ places: ArraySlice<TextPlace>, _ input: PaddedInput
  ) -> RejectedRecord {
    var raw = rows.object(places.lazy.map { input.array($0.offset, $0.count) })
    let isTruncated = raw.count > options.ingest.longestQuarantine || fault.reason == .tooLong
    if raw.count > options.ingest.longestQuarantine { raw.removeLast(raw.count - options.ingest.longestQuarantine) }
    let column = header.bindings.first { $0.field == fault.field }?.column
    let name = rows.columns.first { $0.place == column }?.name
    let detail = name.map { RecordDiagnosis.value(of: $0, in: raw, fault.reason) } ?? ""
    return RejectedRecord(
      rejection: EventRejection(row: recordCount, field: fault.field, reason: fault.reason, detail: detail), raw: raw,
      isTruncated: isTruncated)
  }
}

/// Why a Parquet file, or the rest of it, cannot be read.
public enum ParquetIngestError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file is not there, or must not be read.
  case unreadable(String)
  /// What is wrong with it and where, or which feature it has that is not supported.
  case damaged(offset: Int, String)
  /// The columns do not give an event.
  case header(CSVHeaderError)
  /// A column's values are nothing that an event has.
  case unsupportedColumn(String, String)

  public var description: String {
    switch self {
    case .unreadable(let reason): reason
    case .damaged(let offset, let reason): "at offset \(offset): \(reason)"
    case .header(let error): "\(error)"
    case .unsupportedColumn(let name, let reason): "the column \"\(name)\" cannot be read: it is \(reason)"
    }
  }
}
