public import StoreEngine

/// Writes events as CSV (RFC 4180, but with a line feed at the end of a line).
///
/// A field is quoted where it has to be. The columns are those of ``header``; metadata is JSON text.
public struct CSVEventEncoder: Sendable {
  /// Whether there is a last column `scope`.
  public let hasScope: Bool

  public init(scope: Bool = false) { hasScope = scope }

  /// The first line, with its line feed.
  public var header: String {
    "event_id,user_id,entity_id,entity_type,dim_key,delta,source,created_at,metadata\(hasScope ? ",scope" : "")\n"
  }

  /// Appends the lines of a batch, without the header.
  ///
  /// - Parameter rows: nil for all.
  public func encode(_ batch: EventBatch, rows: Range<Int>? = nil, into output: inout [UInt8]) {
    var writer = EventTextWriter(.csv(scope: hasScope))
    writer.write(batch, rows ?? 0..<batch.count, into: &output)
  }
}
