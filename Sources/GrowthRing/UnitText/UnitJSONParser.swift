import Columnar
import StoreEngine

/// Reads one line of NDJSON as a memory unit.
struct UnitJSONParser: Sendable {
  private let options: UnitIngestOptions
  private var rewriter = CanonicalJSON.Rewriter()

  init(_ options: UnitIngestOptions) { self.options = options }

  /// The unit between two offsets; nil where they hold only blanks.
  mutating func decode(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch
  ) throws(UnitFault) -> MemoryUnit? {
    var index = rewriter.skipSpace(input, start, end)
    guard index < end else { return nil }
    guard input[index] == UInt8(ascii: "{") else { throw UnitFault(nil, .malformed) }
    var record = UnitRecord()
    index = rewriter.skipSpace(input, index + 1, end)
    if index < end, input[index] == UInt8(ascii: "}") {
      index += 1
    } else {
      while true {
        let (name, next) = try string(input, index, end, &scratch, nil)
        index = rewriter.skipSpace(input, next, end)
        guard index < end, input[index] == UInt8(ascii: ":") else { throw UnitFault(nil, .malformed) }
        index = rewriter.skipSpace(input, index + 1, end)
        guard index < end else { throw UnitFault(nil, .malformed) }
        if let field = UnitField(rawValue: name) {
          guard record.begin(field) else { throw UnitFault(field, .duplicateKey) }
          index = try value(field, input, index, end, &scratch, &record)
        } else {
          guard options.ignoreUnknownFields else { throw UnitFault(nil, .unknownField) }
          index = try unknownValue(input, index, end, &scratch)
        }
        index = rewriter.skipSpace(input, index, end)
        guard index < end else { throw UnitFault(nil, .malformed) }
        let mark = input[index]
        index += 1
        if mark == UInt8(ascii: "}") { break }
        guard mark == UInt8(ascii: ",") else { throw UnitFault(nil, .malformed) }
        index = rewriter.skipSpace(input, index, end)
      }
    }
    guard rewriter.skipSpace(input, index, end) >= end else { throw UnitFault(nil, .malformed) }
    return try record.unit(options)
  }

  /// Takes the value of a field; returns the offset behind it. Null is as good as absent.
  private mutating func value(
    _ field: UnitField, _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch,
    _ record: inout UnitRecord
  ) throws(UnitFault) -> Int {
    if isWord("null", input, start, end) { return start + 4 }
    switch field {
    case .muid, .user, .sourceType, .title, .content, .contentType, .status:
      let (text, next) = try string(input, start, end, &scratch, field)
      try record.set(field, text: text, options)
      return next
    case .createdAt, .updatedAt:
      if input[start] == UInt8(ascii: "\"") {
        let (text, next) = try string(input, start, end, &scratch, field)
        try record.set(field, time: Timestamp.parse(Array(text.utf8)))
        return next
      }
      let stop = try number(field, input, start, end)
      try record.set(field, time: unsafe options.timeUnit.parse(input.buffer(start, stop - start)))
      return stop
    case .importanceScore:
      if input[start] == UInt8(ascii: "\"") {
        let (text, next) = try string(input, start, end, &scratch, field)
        try record.setImportance(DecimalText.parse(Array(text.utf8)))
        return next
      }
      let stop = try number(field, input, start, end)
      try record.setImportance(unsafe DecimalText.parse(input.buffer(start, stop - start)))
      return stop
    case .isDeleted:
      if isWord("true", input, start, end) {
        record.set(deleted: true)
        return start + 4
      }
      guard isWord("false", input, start, end) else { throw UnitFault(field, .malformed) }
      return start + 5
    case .metadata:
      let place = scratch.count
      defer { scratch.count = place }
      do throws(EventRejection.Reason) {
        let next = try rewriter.object(input, start, end, into: &scratch)
        record.set(metadata: Self.text(scratch.written, place, scratch.count - place) ?? "")
        return next
      } catch {
        throw UnitFault(.metadata, error)
      }
    }
  }

  private func number(
    _ field: UnitField, _ input: PaddedInput, _ start: Int, _ end: Int
  ) throws(UnitFault) -> Int {
    guard let stop = JSONNumber.end(input, start), stop <= end else { throw UnitFault(field, .malformed) }
    return stop
  }

  private func isWord(_ word: String, _ input: PaddedInput, _ start: Int, _ end: Int) -> Bool {
    let length = word.utf8.count
    guard start + length <= end, input[start] == word.utf8.first else { return false }
    return input.array(start, length).elementsEqual(word.utf8)
  }

  /// The string whose quote should stand at `start`, and the offset behind it. Only a content may hold U+0000, which
  /// the store says.
  private func string(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch, _ field: UnitField?
  ) throws(UnitFault) -> (String, Int) {
    guard start < end, input[start] == UInt8(ascii: "\"") else { throw UnitFault(field, .malformed) }
    var sawHigh = false
    var stop = input.stringStop(from: start + 1, sawHigh: &sawHigh)
    if stop < end, input[stop] == UInt8(ascii: "\"") {
      guard let text = Self.text(input, start + 1, stop - start - 1) else { throw UnitFault(field, .invalidUTF8) }
      return (text, stop + 1)
    }
    let place = scratch.count
    defer { scratch.count = place }
    var index = start + 1
    while true {
      guard stop < end else { throw UnitFault(field, .malformed) }
      scratch.append(input, index, stop - index)
      index = stop
      if input[index] == UInt8(ascii: "\"") { break }
      guard input[index] == UInt8(ascii: "\\") else {
        throw UnitFault(field, input[index] == 0 ? .nulByte : .malformed)
      }
      do throws(EventRejection.Reason) {
        index = try JSONEscape.decode(input, index, end) { (byte: UInt8) in scratch.append(byte) }
      } catch {
        throw UnitFault(field, error)
      }
      stop = input.stringStop(from: index, sawHigh: &sawHigh)
    }
    guard let text = Self.text(scratch.written, place, scratch.count - place) else {
      throw UnitFault(field, .invalidUTF8)
    }
    return (text, index + 1)
  }

  /// Bytes as text; nil where they are no UTF-8.
  static func text(_ view: PaddedInput, _ offset: Int, _ length: Int) -> String? {
    unsafe String(validating: view.buffer(offset, length), as: UTF8.self)
  }

  /// Checks a value that is no part of a unit, and drops it.
  private mutating func unknownValue(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch
  ) throws(UnitFault) -> Int {
    let kept = scratch.count
    defer { scratch.count = kept }
    do throws(EventRejection.Reason) {
      return try rewriter.value(input, start, end, into: &scratch)
    } catch {
      throw UnitFault(nil, error)
    }
  }
}
