import GrowthRing

extension RecordReader {
  /// Reads a Parquet file, which is no stream: its end says where everything lies. Returns its length; nil where nobody
  /// wants any more.
  func readParquet(_ path: String, _ position: inout Position, into channel: Channel) throws -> Int? {
    try CommandFailure.refuseParquetStream(path)
    do throws(ParquetIngestError) {
      var decoder = try ParquetDecoder(path: path, options: options)
      let length = decoder.byteCount
      let before = position
      var firstRecord = 0
      var failure: ParquetIngestError?
      var isDone = false
      while !isDone, failure == nil {
        var batch = EventBatch()
        var rejected: [RejectedRecord] = []
        do throws(ParquetIngestError) {
          while !isDone, batch.count < batchSize, batch.textLength < Self.longestText,
            rejected.count < Self.mostRejected
          {
            let limit = min(Self.step, batchSize - batch.count)
            isDone = try decoder.decode(into: &batch, limit: limit, rejected: &rejected) == .finished
          }
        } catch {
          // What came before the damage is good.
          failure = error
        }
        let share = Double(decoder.recordCount) / Double(max(1, decoder.rowCount))
        position.bytes = before.bytes + Int(Double(length) * share)
        guard !batch.isEmpty || !rejected.isEmpty else { continue }
        // Records stand on no lines.
        let places = RecordPlaces(
          firstRecord: firstRecord, firstLine: 0, endRecord: decoder.recordCount, endLine: 0, rejected: rejected)
        firstRecord = decoder.recordCount
        let decoded = DecodedBatch(
          file: path, batch: batch, rejected: rejected, places: places, bytes: position.bytes,
          fraction: before.length.map { (Double(before.fileBytes) + Double(length) * share) / Double(max(1, $0)) })
        guard channel.send(.success(decoded)) else { return nil }
      }
      if let failure { throw failure }
      return length
    } catch {
      throw Self.failure(error, path)
    }
  }

  private static func failure(_ error: ParquetIngestError, _ path: String) -> CommandFailure {
    switch error {
    case .header(let error): failure(error, path, isText: false)
    case .unreadable(let reason): .unreadable(path, reason)
    case .damaged(_, let reason): .damaged(path, error, reason, rows: "Rows")
    case .unsupportedColumn: .unsupportedColumn(path, error)
    }
  }
}
