import Columnar
public import StoreEngine

/// Reads growth events from CSV (RFC 4180): a header, then one event a record.
///
/// Used like `NDJSONDecoder`. Columns bear the names of `EventField`, or `CSVOptions.mapping` says which column is which
/// field, and which fields are the same in every row. Quoted cells may hold delimiters, line feeds and doubled quotes;
/// records end with LF or CRLF. An empty cell is an absent value. `metadata` are JSON text in a cell.
public struct CSVDecoder: Sendable {
  private var window = RecordWindow()
  private var scratch: [UInt8] = []
  private var state: CSVRecords
  /// What the batch before took.
  private var room = EventBatch.Room()

  public init(options: CSVOptions = CSVOptions()) { state = CSVRecords(options) }

  /// The number of records so far, without the header: events and rejected records.
  public var recordCount: Int { state.records }

  /// The number of lines so far, with the header and blank ones.
  public var lineCount: Int { state.line - 1 }

  /// Hands over the next bytes of the input.
  public mutating func feed(_ chunk: [UInt8]) { window.feed(chunk) }

  /// Says that the input has ended.
  public mutating func finish() { window.finish() }

  /// Adds at most `limit` events to `batch` and appends what is no event to `rejected`. Throws, and will throw again, where
  /// the header does not give every required field.
  public mutating func decode(
    into batch: inout EventBatch, limit: Int, rejected: inout [RejectedRecord]
  ) throws(CSVHeaderError) -> IngestProgress {
    let target = IngestLimits.target(batch.count, limit)
    if batch.isEmpty { batch.reserve(room) }
    state.beginBatch()
    defer { batch.measure(&room) }
    var isFull = false
    repeat {
      state.decodeRecords(of: &window, &scratch, into: &batch, target: target, rejected: &rejected)
      if let failure = state.headerError { throw failure }
      isFull = batch.count >= target || batch.metadatas.arena.count >= IngestLimits.batchText
    } while !isFull && (window.refill() || (window.isFinal && !window.isExhausted))
    if window.isFinal, window.isExhausted { return .finished }
    return isFull ? .batchFull : .needsInput
  }
}

/// Why no record of a CSV file can be read.
public enum CSVHeaderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A required field has neither a column nor a constant.
  case missingField(EventField)
  /// The mapping names a column that the header does not have.
  case missingColumn(String)
  /// A column that is to be read stands in the header twice.
  case duplicateColumn(String)
  /// A column that is no field of an event; `IngestOptions.ignoreUnknownFields` lets it pass.
  case unknownColumn(String)
  /// The mapping gives a field twice, or a constant that the field cannot take.
  case invalidMapping(EventField)
  /// The header is no CSV record.
  case malformed

  public var description: String {
    switch self {
    case .missingField(let field): "there is no column for \(field.name), which every event must have"
    case .missingColumn(let name): "the header has no column \"\(name)\""
    case .duplicateColumn(let name): "the header has the column \"\(name)\" twice"
    case .unknownColumn(let name): "the column \"\(name)\" is no field of an event"
    case .invalidMapping(let field): "the mapping of \(field.name) is given twice"
    case .malformed: "the header is malformed"
    }
  }
}
