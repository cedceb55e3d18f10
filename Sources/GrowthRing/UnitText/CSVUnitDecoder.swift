import Columnar
public import StoreEngine

/// Reads memory units from CSV (RFC 4180): a header, then one unit a record.
///
/// Used like `NDJSONUnitDecoder`. Columns bear the names of `UnitField`, or `UnitIngestOptions.mapping` says which
/// column is which field. Quoted cells may hold delimiters, line feeds and doubled quotes, and a content comes out byte
/// for byte; records end with LF or CRLF. An empty cell is an absent value. `metadata` are JSON text in a cell.
public struct CSVUnitDecoder: Sendable {
  private let batchText: Int
  private var window = RecordWindow()
  private var scratch: [UInt8] = []
  private var state: UnitCSVRecords

  public init(options: UnitIngestOptions = UnitIngestOptions()) {
    batchText = options.batchText
    state = UnitCSVRecords(options)
  }

  /// The number of records so far, without the header: units and rejected records.
  public var recordCount: Int { state.records }

  /// The number of lines so far, with the header and blank ones.
  public var lineCount: Int { state.line - 1 }

  /// Hands over the next bytes of the input.
  public mutating func feed(_ chunk: [UInt8]) { window.feed(chunk) }

  /// Says that the input has ended.
  public mutating func finish() { window.finish() }

  /// Adds at most `limit` units to `units` and appends what is no unit to `rejected`. Throws, and will throw again,
  /// where the header does not give every required field.
  public mutating func decode(
    into units: inout [MemoryUnit], limit: Int, rejected: inout [RejectedUnit]
  ) throws(UnitHeaderError) -> IngestProgress {
    var room = UnitRoom(units: limit, text: batchText)
    repeat {
      state.decodeRecords(of: &window, &scratch, into: &units, &room, &rejected)
      if let failure = state.headerError { throw failure }
      if room.isFull { return .batchFull }
    } while window.refill() || (window.isFinal && !window.isExhausted)
    return window.isFinal && window.isExhausted ? .finished : .needsInput
  }
}

/// The state of a decoder of CSV between calls, and its loop over the records of a window.
struct UnitCSVRecords: Sendable {
  private let options: UnitIngestOptions
  private(set) var line = 1
  private(set) var records = 0
  private(set) var headerError: UnitHeaderError?
  private var delimiter: UInt8 = 0
  private var cells = CSVCells(delimiter: 0)
  private var reader: UnitRowReader?
  /// The search for the end of the record at the window's position.
  private var boundary = CSVBoundary()
  /// Inside a record that was rejected for its length.
  private var isSkipping = false
  private var isAtStart = true

  init(_ options: UnitIngestOptions) { self.options = options }

  /// Decodes records until the window holds no complete one or there is no more room.
  mutating func decodeRecords(
    of window: inout RecordWindow, _ memory: inout [UInt8], into units: inout [MemoryUnit], _ room: inout UnitRoom,
    _ rejected: inout [RejectedUnit]
  ) {
    var position = window.position
    var searched = window.searched
    let isFinal = window.isFinal && window.isLast
    window.withInput(scratch: &memory) { input, scratch in
      while !room.isFull, headerError == nil {
        guard start(input, &position, &searched, isFinal) else { break }
        let found = boundary.next(input, from: searched, delimiter: delimiter)
        guard let end = found ?? (isFinal && position < input.count ? input.count : nil) else {
          searched = input.count
          if !isSkipping, input.count - position > options.longestRecord {
            reject(UnitFault(nil, .tooLong), input, position, input.count, &rejected)
            isSkipping = true
          }
          if isSkipping { position = input.count }
          break
        }
        let lines = boundary.lines + 1
        if isSkipping {
          isSkipping = false
        } else if let unit = record(input, position, end, &scratch, &rejected) {
          room.take(unit)
          units.append(unit)
        }
        boundary = CSVBoundary()
        line += lines
        position = min(end + 1, input.count)
        searched = position
      }
    }
    window.position = position
    window.searched = searched
  }

  /// Skips a byte order mark and settles the delimiter; false where that needs more input.
  private mutating func start(
    _ input: PaddedInput, _ position: inout Int, _ searched: inout Int, _ isFinal: Bool
  ) -> Bool {
    guard isAtStart else { return true }
    guard let end = input.lineFeed(from: position) ?? (isFinal ? input.count : nil) else {
      if input.count - position > options.longestRecord { headerError = .malformed }
      return false
    }
    position = input.behindMark(position, end)
    searched = position
    delimiter = options.delimiter ?? CSVHeader.delimiter(of: input.array(position, end - position))
    cells = CSVCells(delimiter: delimiter)
    isAtStart = false
    return true
  }

  /// The unit of a record; nil for the header, a blank line, and what is no unit.
  private mutating func record(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch, _ rejected: inout [RejectedUnit]
  ) -> MemoryUnit? {
    scratch.count = 0
    guard end - start <= options.longestRecord else {
      reject(UnitFault(nil, .tooLong), input, start, end, &rejected)
      return nil
    }
    guard case .complete = cells.split(input, start, isFinal: end == input.count, &scratch) else {
      if reader == nil { headerError = .malformed }
      reject(UnitFault(nil, .malformed), input, start, end, &rejected)
      return nil
    }
    // A blank line.
    if cells.cells.count == 1, cells.cells[0].count == 0, end - start <= 1 { return nil }
    let (found, decoded) = (cells.cells, scratch.written)
    func text(_ column: Int) -> String? {
      let cell = found[column]
      return UnitJSONParser.text(cell.inScratch ? decoded : input, cell.offset, cell.count)
    }
    guard let reader else {
      readHeader(found.indices.map { text($0) })
      return nil
    }
    do throws(UnitFault) {
      guard found.count == reader.columnCount else { throw UnitFault(nil, .malformed) }
      let unit = try reader.unit(text)
      records += 1
      return unit
    } catch {
      reject(error, input, start, end, &rejected)
      return nil
    }
  }

  private mutating func readHeader(_ cells: [String?]) {
    let names = cells.compactMap { $0 }
    do throws(UnitHeaderError) {
      guard names.count == cells.count else { throw .malformed }
      reader = try UnitRowReader(names, options)
    } catch {
      headerError = error
    }
  }

  private mutating func reject(
    _ fault: UnitFault, _ input: PaddedInput, _ start: Int, _ end: Int, _ rejected: inout [RejectedUnit]
  ) {
    var unit = RejectedUnit(fault, row: records, line: line, input, start, end, limit: options.longestQuarantine)
    if let field = fault.field {
      let column = reader?.bindings.first { $0.field == field }?.column
      unit.rejection.detail = RecordDiagnosis.value(ofColumn: column, in: unit.raw, delimiter: delimiter, fault.reason)
    } else if fault.reason == .malformed, let reader {
      unit.rejection.detail = RecordDiagnosis.record(
        unit.raw, isTruncated: unit.isTruncated, delimiter: delimiter, columns: reader.columnCount)
    }
    rejected.append(unit)
    records += 1
  }
}
