import GrowthRing

/// One of the two decoders of the library for streams of text. Both are kept in place, for a copy would copy their windows.
struct RecordDecoder {
  private var ndjson: NDJSONDecoder?
  private var csv: CSVDecoder?

  init(_ format: InputFormat, _ options: CSVOptions) {
    switch format {
    case .ndjson: ndjson = NDJSONDecoder(options: options.ingest)
    case .csv: csv = CSVDecoder(options: options)
    case .parquet: preconditionFailure("Parquet is no stream of text")
    }
  }

  var recordCount: Int { ndjson?.recordCount ?? csv?.recordCount ?? 0 }

  var lineCount: Int { ndjson?.lineCount ?? csv?.lineCount ?? 0 }

  /// Whether the first line is no record.
  var hasHeader: Bool { csv != nil }

  mutating func feed(_ chunk: [UInt8]) {
    ndjson?.feed(chunk)
    csv?.feed(chunk)
  }

  mutating func finish() {
    ndjson?.finish()
    csv?.finish()
  }

  mutating func decode(
    into batch: inout EventBatch, limit: Int, rejected: inout [RejectedRecord]
  ) throws(CSVHeaderError) -> IngestProgress {
    if let progress = ndjson?.decode(into: &batch, limit: limit, rejected: &rejected) { return progress }
    return try csv?.decode(into: &batch, limit: limit, rejected: &rejected) ?? .finished
  }
}
