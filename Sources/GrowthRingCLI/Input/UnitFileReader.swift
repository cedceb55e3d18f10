import GrowthRing

/// Decodes files of memory units and hands the units to the door, a batch at a time.
struct UnitFileReader {
  let format: InputFormat?
  let options: UnitIngestOptions
  let batchSize: Int

  /// Records that are no units, beyond which a batch is full.
  private static let mostRejected = 4096

  func read(_ path: String, into door: inout UnitDoor) async throws {
    switch try RecordReader.format(of: path, format) {
    case .parquet: try await readParquet(path, into: &door)
    case .ndjson: try await readText(path, NDJSONUnitDecoder(options: options), into: &door)
    case .csv: try await readText(path, CSVUnitDecoder(options: options), into: &door)
    }
  }

  private func readText(_ path: String, _ decoder: some UnitTextDecoder, into door: inout UnitDoor) async throws {
    let file = try InputFile(path: path)
    var stream = try InputStream(file)
    var decoder = decoder
    var batch = Batch(firstRecord: 0, firstLine: decoder.hasHeader ? 2 : 1)
    var failure: (any Error)?
    var isFinished = false
    while !isFinished {
      do {
        if let chunk = try stream.next() {
          decoder.feed(chunk)
          door.read(bytes: chunk.count)
        } else {
          decoder.finish()
          isFinished = true
        }
      } catch {
        // What came before the damage is good.
        failure = error
        isFinished = true
      }
      var progress = IngestProgress.batchFull
      while progress == .batchFull {
        do throws(UnitHeaderError) {
          progress = try decoder.next(
            into: &batch.units, limit: batchSize - batch.units.count, rejected: &batch.rejected)
        } catch {
          throw Self.failure(error, file.name)
        }
        let isFull =
          progress == .batchFull || batch.rejected.count >= Self.mostRejected || batch.isLong(options.batchText)
        if isFull || (isFinished && progress != .batchFull) {
          try await batch.send(
            to: &door, file: file.name, endRecord: decoder.recordCount, endLine: decoder.lineCount + 1)
        }
      }
    }
    if let failure { throw failure }
  }

  private func readParquet(_ path: String, into door: inout UnitDoor) async throws {
    try CommandFailure.refuseParquetStream(path)
    do {
      var decoder = try ParquetUnitDecoder(path: path, options: options)
      door.read(bytes: decoder.byteCount)
      var batch = Batch(firstRecord: 0, firstLine: 0)
      var isDone = false
      while !isDone {
        var failure: ParquetUnitError?
        do throws(ParquetUnitError) {
          isDone = try decoder.decode(into: &batch.units, limit: batchSize, rejected: &batch.rejected) == .finished
        } catch {
          // What came before the damage is good.
          failure = error
        }
        // Records stand on no lines.
        try await batch.send(to: &door, file: path, endRecord: decoder.recordCount, endLine: 0)
        if let failure { throw failure }
      }
    } catch let error as ParquetUnitError {
      throw Self.failure(error, path)
    }
  }

  /// Units on their way to the door, and where in the file they stand.
  private struct Batch {
    var units: [MemoryUnit] = []
    var rejected: [RejectedUnit] = []
    var firstRecord: Int
    var firstLine: Int
    private var measured = 0
    private var text = 0

    init(firstRecord: Int, firstLine: Int) {
      self.firstRecord = firstRecord
      self.firstLine = firstLine
    }

    /// Whether the texts take so many bytes.
    mutating func isLong(_ limit: Int) -> Bool {
      for unit in units[measured...] { text += unit.content.utf8.count + unit.metadata.utf8.count }
      measured = units.count
      return text >= limit
    }

    mutating func send(to door: inout UnitDoor, file: String, endRecord: Int, endLine: Int) async throws {
      if units.isEmpty, rejected.isEmpty { return }
      let places = RecordPlaces(
        firstRecord: firstRecord, firstLine: firstLine, endRecord: endRecord, endLine: endLine,
        gaps: rejected.map { ($0.rejection.row, $0.rejection.line) })
      let origin = UnitDoor.Origin(
        file: { _ in file }, record: { places.record(ofRow: $0) },
        line: { places.line(ofRecord: places.record(ofRow: $0)) })
      try await door.take(units, from: origin, unreadable: rejected.map { BadRow($0, file: file) })
      units = []
      rejected = []
      (measured, text) = (0, 0)
      firstRecord = endRecord
      firstLine = endLine
    }
  }

  private static func failure(_ error: UnitHeaderError, _ file: String, isText: Bool = true) -> CommandFailure {
    let hint =
      switch error {
      case .unknownColumn: "Name its field with --map COLUMN=FIELD, or give --ignore-unknown-fields."
      case .missingField(.user): "Name its column with --map COLUMN=user_id, or give --user for all rows."
      case .missingField(let field):
        "Name its column with --map COLUMN=\(field.name), or one value for all rows with --map =VALUE=\(field.name)."
      case .missingColumn:
        "Check the names in --map against the columns of the file"
          + (isText ? "." : "; columns within lists and structures are named with points, as in place.city.")
      case .duplicateColumn: "Rename one of the two columns."
      case .invalidMapping: "Correct --map."
      case .malformed: "The first line must name the columns."
      }
    var status = ExitStatus.failed
    if case .invalidMapping = error { status = .wrongUsage }
    return CommandFailure("\(file):\(isText ? " line 1:" : "") \(error)", hint, status: status)
  }

  private static func failure(_ error: ParquetUnitError, _ path: String) -> CommandFailure {
    switch error {
    case .header(let error): failure(error, path, isText: false)
    case .unreadable(let reason): .unreadable(path, reason)
    case .damaged(_, let reason): .damaged(path, error, reason, rows: "Units")
    case .unsupportedColumn: .unsupportedColumn(path, error)
    }
  }
}

/// What the two decoders of text have in common.
private protocol UnitTextDecoder {
  /// Whether the first line is no record.
  var hasHeader: Bool { get }
  var recordCount: Int { get }
  var lineCount: Int { get }
  mutating func feed(_ chunk: [UInt8])
  mutating func finish()
  mutating func next(
    into units: inout [MemoryUnit], limit: Int, rejected: inout [RejectedUnit]
  ) throws(UnitHeaderError) -> IngestProgress
}

extension NDJSONUnitDecoder: UnitTextDecoder {
  fileprivate var hasHeader: Bool { false }

  fileprivate mutating func next(
    into units: inout [MemoryUnit], limit: Int, rejected: inout [RejectedUnit]
  ) throws(UnitHeaderError) -> IngestProgress {
    decode(into: &units, limit: limit, rejected: &rejected)
  }
}

extension CSVUnitDecoder: UnitTextDecoder {
  fileprivate var hasHeader: Bool { true }

  fileprivate mutating func next(
    into units: inout [MemoryUnit], limit: Int, rejected: inout [RejectedUnit]
  ) throws(UnitHeaderError) -> IngestProgress {
    try decode(into: &units, limit: limit, rejected: &rejected)
  }
}
