public import StoreEngine

/// Writes events as NDJSON: one JSON object a line, with the fields in a fixed order.
///
/// The order is `event_id`, `user_id`, `entity_id`, `entity_type`, `dim_key`, `delta` (a string, so that no reader rounds
/// it), `source`, `created_at` (ISO 8601 in UTC, the fraction without trailing zeros), `metadata` (an object; absent
/// where the event has none) and `scope` (absent where there is none). What was written can be ingested again, and is
/// the same event.
public struct NDJSONEventEncoder: Sendable {
  public init() {}

  /// Appends the lines of a batch, each with a line feed at its end.
  ///
  /// - Parameter rows: nil for all.
  public func encode(_ batch: EventBatch, rows: Range<Int>? = nil, into output: inout [UInt8]) {
    var writer = EventTextWriter(.ndjson)
    writer.write(batch, rows ?? 0..<batch.count, into: &output)
  }
}
