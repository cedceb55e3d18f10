import GrowthRing

/// Writes batches of events as a table, CSV or NDJSON.
struct EventOutput {
  private let sink: OutputSink
  private let format: RowWriter.Format
  private let csv: CSVEventEncoder
  private let hasScope: Bool
  private var rows: RowWriter
  /// Whether the encoders of the library do it; they write times as ISO 8601 only.
  private let isEncoded: Bool
  private(set) var count = 0
  /// Events with a scope that has no column.
  private var droppedScopes = 0

  /// - Parameter isOfOneUser: a table does not repeat who it is.
  init(
    _ format: RowWriter.Format, time: TimeStyle, hasScope: Bool, isOfOneUser: Bool = false, to sink: OutputSink
  ) {
    self.sink = sink
    self.hasScope = hasScope
    csv = CSVEventEncoder(scope: hasScope)
    isEncoded = format != .table && time == .iso
    var columns: [RowWriter.Column] = [
      .init("event_id", nil), .init("user_id", isOfOneUser ? nil : "user"), .init("entity_id", "entity"),
      .init("entity_type", "type"), .init("dim_key", "dimension"), .init("delta", "delta", .trailing),
      .init("source", "source", .flexible), .init("created_at", "created"), .init("metadata", "metadata", .flexible),
    ]
    if hasScope || format != .csv { columns.append(.init("scope", "scope", .flexible)) }
    self.format = format
    if isEncoded, format == .csv { sink.buffer.append(csv.header) }
    // Where the encoders write, the rows stay unused.
    rows = RowWriter(isEncoded ? .json : format, columns, time: time, to: sink)
  }

  /// Writes events of a batch.
  mutating func write(_ batch: EventBatch, rows range: Range<Int>? = nil) throws {
    let range = range ?? 0..<batch.count
    count += range.count
    if format == .csv, !hasScope { droppedScopes += range.count { batch.hasScope(row: $0) } }
    guard !isEncoded else {
      // In parts, so that the buffer stays small.
      for start in stride(from: range.lowerBound, to: range.upperBound, by: 16_384) {
        let part = start..<min(start + 16_384, range.upperBound)
        if format == .csv {
          csv.encode(batch, rows: part, into: &sink.buffer)
        } else {
          NDJSONEventEncoder().encode(batch, rows: part, into: &sink.buffer)
        }
        try sink.drain()
      }
      return
    }
    for row in range { try write(batch.event(at: row)) }
  }

  private mutating func write(_ event: GrowthEvent) throws {
    rows.put(text: event.eventID?.description ?? "")
    rows.put(text: event.user)
    rows.put(text: event.entity)
    rows.put(text: event.entityType)
    rows.put(text: event.dimension)
    rows.put(millionths: Int128(event.delta.millionths))
    rows.put(text: event.source)
    rows.put(time: event.createdAt)
    rows.put(document: event.metadata)
    if hasScope || format != .csv { rows.put(text: event.scope) }
    try rows.endRow()
  }

  mutating func finish() throws {
    if isEncoded { try sink.flush() } else { try rows.finish() }
  }

  /// Says what the output does not hold.
  func tellDroppedScopes() {
    if droppedScopes == 0 { return }
    Console.error(
      "growthring: \(NumberText.counted(droppedScopes, "event")) had a scope, which this CSV does not hold; "
        + "add --scope-column")
  }
}
