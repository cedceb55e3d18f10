import Columnar
public import StoreEngine

/// A record that is no unit, as the quarantine keeps it.
public struct RejectedUnit: Hashable, Sendable {
  /// What is wrong; `row` counts the records of the input from 0, `line` its lines from 1.
  public var rejection: UnitRejection
  /// The record as it stood in the input, without the line feed at its end.
  public var raw: [UInt8]
  /// Whether `raw` is only the beginning.
  public var isTruncated: Bool

  public init(rejection: UnitRejection, raw: [UInt8], isTruncated: Bool) {
    self.rejection = rejection
    self.raw = raw
    self.isTruncated = isTruncated
  }

  /// A record that stands in a text.
  init(_ fault: UnitFault, row: Int, line: Int, _ input: PaddedInput, _ start: Int, _ end: Int, limit: Int) {
    rejection = UnitRejection(row: row, line: line, field: fault.field, reason: fault.reason)
    (raw, isTruncated) = input.quarantined(start, end, limit: limit, isTooLong: fault.reason == .tooLong)
  }
}
