import Dispatch
import GrowthRing

/// Reads, decompresses and decodes files on a thread of its own, some batches ahead of whoever stores them.
struct RecordReader: Sendable {
  /// Batches that may wait to be stored.
  private static let batchesAhead = 2
  /// A batch is full with so many bytes of text, or so many rejected records, however few its rows.
  static let longestText = 8 << 20
  static let mostRejected = 4096
  /// Rows between two looks at these bounds.
  static let step = 4096

  let paths: [String]
  /// nil: as the name of each file says.
  let format: InputFormat?
  let options: CSVOptions
  let batchSize: Int
  /// Where batches come from, and come back to.
  let pool = BatchPool()

  typealias Channel = BatchChannel<Result<DecodedBatch, CommandFailure>>

  /// Starts the thread. The first failure is the last message.
  func start() -> Channel {
    let channel = Channel(capacity: Self.batchesAhead)
    let reader = self
    DispatchQueue(label: "growthring.decode").async {
      do {
        try reader.readAll(into: channel)
      } catch let failure as CommandFailure {
        _ = channel.send(.failure(failure))
      } catch is Cancelled {
        // Nobody wants to know.
      } catch {
        _ = channel.send(.failure(CommandFailure("\(error)")))
      }
      channel.finish()
    }
    return channel
  }

  /// - Throws: a usage error where neither the name nor an option tells the format.
  static func format(of path: String, _ given: InputFormat?) throws -> InputFormat {
    if let format = given ?? InputFormat(path: path) { return format }
    throw CommandFailure(
      "the name \(path == "-" ? "of standard input" : path) does not tell its format",
      "Give --input-format ndjson, csv or parquet.", status: .wrongUsage)
  }

  struct Cancelled: Error {}

  /// How far all files are.
  struct Position {
    var bytes = 0
    var fileBytes = 0
    let length: Int?

    func fraction(_ file: InputFile) -> Double? {
      length.map { $0 == 0 ? 1 : Double(fileBytes + file.position) / Double($0) }
    }
  }

  private func readAll(into channel: Channel) throws {
    var files: [InputFile] = []
    for path in paths { files.append(try InputFile(path: path)) }
    let lengths = files.compactMap(\.length)
    var position = Position(length: lengths.count == files.count ? lengths.reduce(0, +) : nil)
    for (path, file) in zip(paths, files) {
      let format = try Self.format(of: path, format)
      if format == .parquet {
        guard let length = try readParquet(path, &position, into: channel) else { throw Cancelled() }
        position.fileBytes += length
        continue
      }
      try read(file, format, &position, into: channel)
      position.fileBytes += file.position
    }
  }

  private func read(
    _ file: InputFile, _ format: InputFormat, _ position: inout Position, into channel: Channel
  ) throws {
    var stream = try InputStream(file)
    var decoder = RecordDecoder(format, options)
    var batch = pool.take()
    var rejected: [RejectedRecord] = []
    let firstLine = decoder.hasHeader ? 2 : 1
    var start = (record: 0, line: firstLine)
    let before = position.bytes

    func send() throws {
      guard !batch.isEmpty || !rejected.isEmpty else { return }
      let end = (record: decoder.recordCount, line: decoder.lineCount + 1)
      let places = RecordPlaces(
        firstRecord: start.record, firstLine: start.line, endRecord: end.record, endLine: end.line, rejected: rejected)
      start = end
      position.bytes = before + stream.position
      let decoded = DecodedBatch(
        file: file.name, batch: batch, rejected: rejected, places: places, bytes: position.bytes,
        fraction: position.fraction(file))
      batch = pool.take()
      rejected = []
      guard channel.send(.success(decoded)) else { throw Cancelled() }
    }

    func decode() throws {
      while true {
        let limit = min(Self.step, batchSize - batch.count)
        let progress: IngestProgress
        do throws(CSVHeaderError) {
          progress = try decoder.decode(into: &batch, limit: limit, rejected: &rejected)
        } catch {
          throw Self.failure(error, file.name)
        }
        let isFull = batch.count >= batchSize || batch.textLength >= Self.longestText
        if isFull || rejected.count >= Self.mostRejected { try send() }
        if progress != .batchFull { return }
      }
    }

    var failure: (any Error)?
    do {
      while let chunk = try stream.next() {
        decoder.feed(chunk)
        try decode()
      }
      decoder.finish()
      try decode()
    } catch is Cancelled {
      throw Cancelled()
    } catch {
      failure = error
    }
    // What came before the damage is good.
    try send()
    position.bytes = before + stream.position
    if let failure { throw failure }
  }

  static func failure(_ error: CSVHeaderError, _ file: String, isText: Bool = true) -> CommandFailure {
    let hint =
      switch error {
      case .unknownColumn: "Name its field with --map COLUMN=FIELD, or give --ignore-unknown-fields."
      case .missingField(let field):
        "Name its column with --map COLUMN=\(field.name), or one value for all rows with --map =VALUE=\(field.name)."
      case .missingColumn:
        "Check the names in --map and --zone-column against the columns of the file"
          + (isText ? "." : "; columns within lists and structures are named with points, as in place.city.")
      case .duplicateColumn: "Rename one of the two columns."
      case .invalidMapping: "Correct --map."
      case .malformed: "The first line must name the columns."
      }
    var status = ExitStatus.failed
    if case .invalidMapping = error { status = .wrongUsage }
    return CommandFailure("\(file):\(isText ? " line 1:" : "") \(error)", hint, status: status)
  }
}
