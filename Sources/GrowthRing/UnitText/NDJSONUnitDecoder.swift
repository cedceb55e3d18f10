import Columnar
public import StoreEngine

/// Reads memory units from NDJSON: one JSON object a line, with the fields of `UnitField` by name.
///
/// Feed it chunks of any size, in order, and decode after each; say when the input ends, and decode once more:
/// ```swift
/// decoder.feed(chunk)
/// while decoder.decode(into: &units, limit: 1_000, rejected: &rejected) == .batchFull { … }
/// ```
/// Lines end with LF or CRLF, and the last one may lack it. A byte order mark at the start and blank lines are skipped.
/// `user_id` and `created_at` must be there; without `updated_at` a unit is as old as it was created. Times are strings
/// or integers, `importance_score` a number or a string, `metadata` an object, `is_deleted` true or false; null means
/// absent. A line that is no unit is handed out as a `RejectedUnit`, and decoding goes on behind it.
public struct NDJSONUnitDecoder: Sendable {
  private let batchText: Int
  private var window = RecordWindow()
  private var scratch: [UInt8] = []
  private var state: UnitLines

  public init(options: UnitIngestOptions = UnitIngestOptions()) {
    batchText = options.batchText
    state = UnitLines(options)
  }

  /// The number of records so far: units and rejected lines.
  public var recordCount: Int { state.records }

  /// The number of lines so far, with blank ones.
  public var lineCount: Int { state.line - 1 }

  /// Hands over the next bytes of the input.
  public mutating func feed(_ chunk: [UInt8]) { window.feed(chunk) }

  /// Says that the input has ended.
  public mutating func finish() { window.finish() }

  /// Adds at most `limit` units to `units` and appends what is no unit to `rejected`.
  public mutating func decode(
    into units: inout [MemoryUnit], limit: Int, rejected: inout [RejectedUnit]
  ) -> IngestProgress {
    var room = UnitRoom(units: limit, text: batchText)
    repeat {
      state.decodeLines(of: &window, &scratch, into: &units, &room, &rejected)
      if room.isFull { return .batchFull }
    } while window.refill() || (window.isFinal && !window.isExhausted)
    return window.isFinal && window.isExhausted ? .finished : .needsInput
  }
}

/// The state of a decoder of lines between calls, and its loop over the lines of a window.
struct UnitLines: Sendable {
  private let options: UnitIngestOptions
  private(set) var line = 1
  private(set) var records = 0
  private var lines: LineSplitter
  private var parser: UnitJSONParser

  init(_ options: UnitIngestOptions) {
    self.options = options
    lines = LineSplitter(longest: options.longestRecord)
    parser = UnitJSONParser(options)
  }

  /// Decodes lines until the window holds no complete one or there is no more room.
  mutating func decodeLines(
    of window: inout RecordWindow, _ memory: inout [UInt8], into units: inout [MemoryUnit], _ room: inout UnitRoom,
    _ rejected: inout [RejectedUnit]
  ) {
    var position = window.position
    var searched = window.searched
    let isFinal = window.isFinal && window.isLast
    window.withInput(scratch: &memory) { input, scratch in
      while !room.isFull, let part = lines.next(input, &position, &searched, isFinal: isFinal) {
        switch part {
        case .line(let range):
          if let unit = decodeLine(input, range.lowerBound, range.upperBound, &scratch, &rejected) {
            room.take(unit)
            units.append(unit)
          }
        case .beginning(let range):
          reject(UnitFault(nil, .tooLong), input, range.lowerBound, range.upperBound, &rejected)
          continue
        case .rest: break
        }
        line += 1
      }
    }
    window.position = position
    window.searched = searched
  }

  private mutating func decodeLine(
    _ input: PaddedInput, _ from: Int, _ end: Int, _ scratch: inout TextScratch, _ rejected: inout [RejectedUnit]
  ) -> MemoryUnit? {
    let start = line == 1 ? input.behindMark(from, end) : from
    scratch.count = 0
    do throws(UnitFault) {
      if end - start > options.longestRecord { throw UnitFault(nil, .tooLong) }
      guard let unit = try parser.decode(input, start, end, &scratch) else { return nil }
      records += 1
      return unit
    } catch {
      reject(error, input, start, end, &rejected)
      return nil
    }
  }

  private mutating func reject(
    _ fault: UnitFault, _ input: PaddedInput, _ start: Int, _ end: Int, _ rejected: inout [RejectedUnit]
  ) {
    var unit = RejectedUnit(fault, row: records, line: line, input, start, end, limit: options.longestQuarantine)
    if let field = fault.field {
      unit.rejection.detail = RecordDiagnosis.value(of: field.rawValue, in: unit.raw, fault.reason)
    } else {
      unit.rejection.detail = RecordDiagnosis.line(
        unit.raw, isTruncated: unit.isTruncated, fault.reason, names: UnitField.allCases.map(\.rawValue))
    }
    rejected.append(unit)
    records += 1
  }
}
