import Columnar
import StoreEngine

/// The state of a CSV decoder between calls, and its loop over the records of a window.
struct CSVRecords: Sendable {
  private let options: CSVOptions
  private(set) var line = 1
  private(set) var records = 0
  private(set) var headerError: CSVHeaderError?
  private var delimiter: UInt8 = 0
  private var cells = CSVCells(delimiter: 0)
  private var reader: CSVRecordReader?
  /// The search for the end of a record that the window does not hold whole.
  private var boundary: CSVBoundary?
  /// Inside a record that was rejected for its length.
  private var isSkipping = false
  private var isAtStart = true

  init(_ options: CSVOptions) { self.options = options }

  /// Says that the next events may go into another batch.
  mutating func beginBatch() { reader?.beginBatch() }

  /// Decodes records until the window holds no complete one or the batch has `target` events.
  mutating func decodeRecords(
    of window: inout RecordWindow, _ memory: inout [UInt8], into batch: inout EventBatch, target: Int,
    rejected: inout [RejectedRecord]
  ) {
    var position = window.position
    var searched = window.searched
    let isFinal = window.isFinal && window.isLast
    window.withInput(scratch: &memory) { input, scratch in
      defer { reader?.flush(input, &scratch, into: &batch) }
      while batch.count + (reader?.pending ?? 0) < target, headerError == nil {
        if let pending = reader?.pending, pending > 0 {
          let text = batch.metadatas.arena.count + (reader?.pendingText ?? 0)
          if pending == RecordWriter.blockLength || scratch.count >= input.count || text >= IngestLimits.batchText {
            reader?.flush(input, &scratch, into: &batch)
          }
        }
        if batch.metadatas.arena.count >= IngestLimits.batchText { break }
        guard start(input, &position, isFinal) else { break }
        guard findEnd(input, &position, &searched, isFinal, &rejected), position < input.count else { break }
        if reader?.pending ?? 0 == 0 {
          scratch.count = 0
          scratch.append(contentsOf: reader?.header.constants ?? [])
        }
        let end: Int
        switch cells.split(input, position, isFinal: isFinal, &scratch) {
        case .complete(let found):
          end = found
          record(input, position, end, &scratch, &rejected)
          line += cells.lines + 1
        case .incomplete, .malformed:
          var search = CSVBoundary()
          let found = search.next(input, from: position, delimiter: delimiter)
          guard let stop = found ?? (isFinal ? input.count : nil) else {
            // Not all of it is here: go on with this search when there is more.
            boundary = search
            searched = input.count
            _ = findEnd(input, &position, &searched, isFinal, &rejected)
            position = isSkipping ? input.count : position
            return
          }
          end = stop
          if reader == nil { headerError = .malformed }
          reject(RecordFault(nil, .malformed), input, position, end, &rejected)
          line += search.lines + 1
        }
        position = min(end + 1, input.count)
        searched = position
      }
    }
    window.position = position
    window.searched = searched
  }

  /// Skips a byte order mark and settles the delimiter; false where that needs more input.
  private mutating func start(_ input: PaddedInput, _ position: inout Int, _ isFinal: Bool) -> Bool {
    guard isAtStart else { return true }
    guard let end = input.lineFeed(from: position) ?? (isFinal ? input.count : nil) else {
      guard input.count - position > options.ingest.longestRecord else { return false }
      headerError = .malformed
      return true
    }
    position = input.behindMark(position, end)
    delimiter = options.delimiter ?? CSVHeader.delimiter(of: input.array(position, end - position))
    cells = CSVCells(delimiter: delimiter)
    isAtStart = false
    return true
  }

  /// Goes on with the search for the end of a record that was incomplete; false where it does not end yet.
  private mutating func findEnd(
    _ input: PaddedInput, _ position: inout Int, _ searched: inout Int, _ isFinal: Bool,
    _ rejected: inout [RejectedRecord]
  ) -> Bool {
    guard var search = boundary else { return true }
    if let end = search.next(input, from: searched, delimiter: delimiter) {
      boundary = nil
      if isSkipping {
        isSkipping = false
        line += search.lines + 1
        position = end + 1
        searched = position
      }
      return true
    }
    boundary = search
    searched = input.count
    if isSkipping {
      position = input.count
    } else if input.count - position > options.ingest.longestRecord {
      reject(RecordFault(nil, .tooLong), input, position, input.count, &rejected)
      isSkipping = true
      position = input.count
    }
    guard isFinal else { return false }
    boundary = nil
    return !isSkipping
  }

  private mutating func record(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch,
    _ rejected: inout [RejectedRecord]
  ) {
    // A blank line.
    if cells.cells.count == 1, cells.cells[0].count == 0, end - start <= 1 { return }
    guard reader != nil else {
      readHeader(input, scratch)
      return
    }
    if end - start > options.ingest.longestRecord {
      reject(RecordFault(nil, .tooLong), input, start, end, &rejected)
      return
    }
    do throws(RecordFault) {
      try reader?.read(cells.cells, input, &scratch)
      records += 1
    } catch {
      reject(error, input, start, end, &rejected)
    }
  }

  private mutating func readHeader(_ input: PaddedInput, _ scratch: TextScratch) {
    var names: [String] = []
    for cell in cells.cells {
      let bytes = (cell.inScratch ? scratch.written : input).array(cell.offset, cell.count)
      guard let name = String(validating: bytes, as: UTF8.self) else {
        headerError = .malformed
        return
      }
      names.append(name)
    }
    do throws(CSVHeaderError) {
      reader = CSVRecordReader(try CSVHeader(names, options), options)
    } catch {
      headerError = error
    }
  }

  private mutating func reject(
    _ fault: RecordFault, _ input: PaddedInput, _ start: Int, _ end: Int, _ rejected: inout [RejectedRecord]
  ) {
    var record = RejectedRecord(
      fault, row: records, line: line, input, start, end, limit: options.ingest.longestQuarantine)
    if let field = fault.field {
      let column = reader?.header.bindings.first { $0.field == field }?.column
      record.rejection.detail = RecordDiagnosis.value(
        ofColumn: column, in: record.raw, delimiter: delimiter, fault.reason)
    } else if fault.reason == .malformed, let header = reader?.header {
      record.rejection.detail = RecordDiagnosis.record(
        record.raw, isTruncated: record.isTruncated, delimiter: delimiter, columns: header.columnCount)
    }
    rejected.append(record)
    records += 1
  }
}
