import Columnar
import StoreEngine

/// The state of an NDJSON decoder between calls, and its loop over the lines of a window.
struct NDJSONRecords: Sendable {
  private let options: IngestOptions
  private(set) var line = 1
  private(set) var records = 0
  /// Inside a line that was rejected for its length and whose end has not come yet.
  private var isSkipping = false
  private var parser: NDJSONParser

  init(_ options: IngestOptions) {
    self.options = options
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
      while batch.count + parser.pending < target {
        var end: Int
        if let found = input.lineFeed(from: searched) {
          end = found
        } else {
          searched = input.count
          if !isFinal {
            if input.count - position > options.longestRecord || isSkipping {
              if !isSkipping { reject(nil, .tooLong, input, position, input.count, &rejected) }
              isSkipping = true
              position = input.count
            }
            break
          }
          guard position < input.count else { break }
          end = input.count
        }
        if isSkipping {
          isSkipping = false
        } else {
          decodeLine(input, position, end, &scratch, &rejected)
        }
        line += 1
        position = min(end + 1, input.count)
        searched = position
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
    var start = from
    if line == 1, end - start >= 3, input[start] == 0xEF, input[start + 1] == 0xBB, input[start + 2] == 0xBF {
      start += 3
    }
    if end - start > options.longestRecord {
      reject(nil, .tooLong, input, start, end, &rejected)
      return
    }
    let kept = scratch.count
    do throws(RecordFault) {
      if try parser.decode(input, start, end, &scratch) { records += 1 }
    } catch {
      scratch.count = kept
      reject(error.field, error.reason, input, start, end, &rejected)
    }
  }

  private mutating func reject(
    _ field: EventField?, _ reason: EventRejection.Reason, _ input: PaddedInput, _ start: Int, _ end: Int,
    _ rejected: inout [RejectedRecord]
  ) {
    let end = end > start && end < input.count && input[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
    let kept = min(end - start, options.longestQuarantine)
    rejected.append(
      RejectedRecord(
        rejection: EventRejection(row: records, line: line, field: field, reason: reason),
        raw: input.array(start, kept), isTruncated: kept < end - start || reason == .tooLong))
    records += 1
  }
}
