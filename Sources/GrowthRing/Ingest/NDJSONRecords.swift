import Columnar
import StoreEngine

/// The state of an NDJSON decoder between calls, and its loop over the lines of a window.
struct NDJSONRecords: Sendable {
  private let options: IngestOptions
  private(set) var line = 1
  private(set) var records = 0
  private var lines: LineSplitter
  private var parser: NDJSONParser

  init(_ options: IngestOptions) {
    self.options = options
    lines = LineSplitter(longest: options.longestRecord)
    parser = NDJSONParser(options)
  }

  /// Says that the next events may go into another batch.
  mutating func beginBatch() { parser.beginBatch() }

  /// Decodes lines until the window holds no complete one or the batch has `target` events.
  mutating func decodeLines(
    of window: inout RecordWindow, _ memory: inout [UInt8], into batch: inout EventBatch, target: Int,
    rejected: inout [RejectedRecord]
  ) {
    var position = window.position
    var searched = window.searched
    let isFinal = window.isFinal && window.isLast
    window.withInput(scratch: &memory) { input, scratch in
      while batch.count + parser.pending < target,
        let part = lines.next(input, &position, &searched, isFinal: isFinal)
      {
        switch part {
        case .line(let range): decodeLine(input, range.lowerBound, range.upperBound, &scratch, &rejected)
        case .beginning(let range):
          reject(RecordFault(nil, .tooLong), input, range.lowerBound, range.upperBound, &rejected)
          continue
        case .rest: break
        }
        line += 1
        let isFull = batch.metadatas.arena.count + parser.pendingText >= IngestLimits.batchText
        if isFull || parser.isFull || scratch.count >= input.count { parser.flush(input, &scratch, into: &batch) }
        if isFull, batch.metadatas.arena.count >= IngestLimits.batchText { break }
      }
      parser.flush(input, &scratch, into: &batch)
    }
    window.position = position
    window.searched = searched
  }

  @inline(__always)
  private mutating func decodeLine(
    _ input: PaddedInput, _ from: Int, _ end: Int, _ scratch: inout TextScratch,
    _ rejected: inout [RejectedRecord]
  ) {
    let start = line == 1 ? input.behindMark(from, end) : from
    if end - start > options.longestRecord {
      reject(RecordFault(nil, .tooLong), input, start, end, &rejected)
      return
    }
    let kept = scratch.count
    do throws(RecordFault) {
      if try parser.decode(input, start, end, &scratch) { records += 1 }
    } catch {
      scratch.count = kept
      reject(error, input, start, end, &rejected)
    }
  }

  private mutating func reject(
    _ fault: RecordFault, _ input: PaddedInput, _ start: Int, _ end: Int, _ rejected: inout [RejectedRecord]
  ) {
    var record = RejectedRecord(
      fault, row: records, line: line, input, start, end, limit: options.longestQuarantine)
    if let field = fault.field {
      record.rejection.detail = RecordDiagnosis.value(of: field.name, in: record.raw, fault.reason)
    } else {
      record.rejection.detail = RecordDiagnosis.line(
        record.raw, isTruncated: record.isTruncated, fault.reason, names: EventField.allCases.map(\.name))
    }
    rejected.append(record)
    records += 1
  }
}
