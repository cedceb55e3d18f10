import Columnar
public import StoreEngine

/// Reads growth events from NDJSON: one JSON object a line, with the fields of `EventField` by name.
///
/// Feed it chunks of any size, in order, and decode after each; say when the input ends, and decode once more:
/// ```swift
/// decoder.feed(chunk)
/// while decoder.decode(into: &batch, limit: 65_536, rejected: &rejected) == .batchFull { … }
/// ```
/// Lines end with LF or CRLF, and the last one may lack it. A byte order mark at the start and blank lines are skipped.
/// `delta` is a number or a string, `created_at` a string or an integer, `metadata` an object; null means absent. A line
/// that is no event is handed out as a `RejectedRecord`, and decoding goes on behind it.
public struct NDJSONDecoder: Sendable {
  private let options: IngestOptions
  private var window = RecordWindow()
  private var scratch: [UInt8] = []
  private var state: NDJSONRecords
  /// What the batch before took.
  private var room = EventBatch.Room()

  public init(options: IngestOptions = IngestOptions()) {
    self.options = options
    state = NDJSONRecords(options)
  }

  /// The number of records so far: events and rejected lines.
  public var recordCount: Int { state.records }

  /// The number of lines so far, with blank ones.
  public var lineCount: Int { state.line - 1 }

  /// Hands over the next bytes of the input.
  public mutating func feed(_ chunk: [UInt8]) { window.feed(chunk) }

  /// Says that the input has ended.
  public mutating func finish() { window.finish() }

  /// Adds at most `limit` events to `batch` and appends what is no event to `rejected`.
  public mutating func decode(
    into batch: inout EventBatch, limit: Int, rejected: inout [RejectedRecord]
  ) -> IngestProgress {
    let target = IngestLimits.target(batch.count, limit)
    if batch.isEmpty { batch.reserve(room) }
    state.beginBatch()
    defer { batch.measure(&room) }
    repeat {
      state.decodeLines(of: &window, &scratch, into: &batch, target: target, rejected: &rejected)
      if batch.count >= target || batch.metadatas.arena.count >= IngestLimits.batchText { break }
    } while window.refill() || (window.isFinal && !window.isExhausted)
    if window.isFinal, window.isExhausted { return .finished }
    return batch.count >= target || batch.metadatas.arena.count >= IngestLimits.batchText ? .batchFull : .needsInput
  }
}

/// Bounds that no option changes.
enum IngestLimits {
  /// A batch with more bytes of metadata than this is full, however few its rows.
  static let batchText = 256 << 20

  /// The events of a batch that takes so many more than it has, or as many as there are.
  static func target(_ count: Int, _ limit: Int) -> Int {
    let (target, isOverflow) = count.addingReportingOverflow(limit)
    return isOverflow ? .max : target
  }
}
