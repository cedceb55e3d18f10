import Columnar
public import StoreEngine

/// A record that is no event, as the quarantine keeps it.
public struct RejectedRecord: Hashable, Sendable {
  /// What is wrong; `row` counts the records of the input from 0, `line` its lines from 1.
  public var rejection: EventRejection
  /// The record as it stood in the input, without the line feed at its end.
  public var raw: [UInt8]
  /// Whether `raw` is only the beginning.
  public var isTruncated: Bool

  public init(rejection: EventRejection, raw: [UInt8], isTruncated: Bool) {
    self.rejection = rejection
    self.raw = raw
    self.isTruncated = isTruncated
  }

  /// A record that stands in a text.
  init(_ fault: RecordFault, row: Int, line: Int, _ input: PaddedInput, _ start: Int, _ end: Int, limit: Int) {
    rejection = EventRejection(row: row, line: line, field: fault.field, reason: fault.reason)
    (raw, isTruncated) = input.quarantined(start, end, limit: limit, isTooLong: fault.reason == .tooLong)
  }
}

/// Why a decoder has returned.
public enum IngestProgress: Hashable, Sendable {
  /// All input so far is decoded: feed more, or finish.
  case needsInput
  /// The batch is full. There may be more to decode into the next one.
  case batchFull
  /// The input was finished, and all of it is decoded.
  case finished
}

/// What is wrong with a record, before its place is known.
struct RecordFault: Error {
  var field: EventField?
  var reason: EventRejection.Reason

  init(_ field: EventField?, _ reason: EventRejection.Reason) {
    self.field = field
    self.reason = reason
  }
}
