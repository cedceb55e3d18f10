import Columnar
import StoreEngine

/// Reads one line of NDJSON in one pass and puts it into a batch.
///
/// Three guesses make it fast, and none can make it wrong: keys come in the order of the line before; ids are UUIDs;
/// metadata were seen before in the same bytes. Each is checked against the bytes and costs next to nothing if it fails.
struct NDJSONParser: Sendable {
  private let ignoresUnknown: Bool
  let timeUnit: TimeUnit
  private let keys = NDJSONKeys()
  var rewriter = CanonicalJSON.Rewriter()
  var writer = RecordWriter()
  /// For each field's place, four bits with the place of the field that followed it in an earlier line; at place 11, the
  /// first of a line.
  private var followers: UInt64 = 0x0999_8765_4321
  /// The times of a day differ more than their dates.
  var lastDate = Timestamp.DateMemo()

  init(_ options: IngestOptions) {
    ignoresUnknown = options.ignoreUnknownFields
    timeUnit = options.timeUnit
    if options.deriveEventIDs { writer.derived = DerivedEventIDs() }
  }

  /// Says that the next events may go into another batch.
  mutating func beginBatch() { writer.beginBatch() }

  /// The number of events that wait for `flush`.
  @inline(__always)
  var pending: Int { writer.pending }

  /// At least as many bytes as the metadata of these events will take in the batch.
  @inline(__always)
  var pendingText: Int { writer.pendingText }

  /// No further line can be decoded before a `flush`.
  @inline(__always)
  var isFull: Bool { writer.isFull }

  /// Puts the events that wait into the batch, which empties the scratch.
  mutating func flush(_ input: PaddedInput, _ scratch: inout TextScratch, into batch: inout EventBatch) {
    writer.flush(input, scratch, to: &batch)
    scratch.count = 0
  }

  /// Decodes the line between two offsets, whose event then waits for `flush`; false where it is blank.
  mutating func decode(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch
  ) throws(RecordFault) -> Bool {
    var index = skipSpace(input, start)
    guard index < end else { return false }
    guard input[index] == UInt8(ascii: "{") else { throw RecordFault(nil, .malformed) }
    var values = RecordValues()
    // Keys that were there, those with null among them.
    var seen: UInt16 = 0
    index = skipSpace(input, index &+ 1)
    if input[index] == UInt8(ascii: "}") {
      index &+= 1
    } else {
      var previous = 11
      while true {
        let guess = follower(of: previous)
        var field: EventField?
        if let next = keys.valueStart(of: guess, at: index, input) {
          field = keys.field(guess)
          index = next
        } else {
          field = try key(input, &index, end, &scratch)
          if let field {
            let shift = UInt64(4 &* previous)
            followers = followers & ~(0xF << shift) | UInt64(field.index) << shift
          }
        }
        index = skipSpace(input, index)
        if let field {
          if seen & field.bit != 0 { throw RecordFault(field, .duplicateKey) }
          seen |= field.bit
          previous = field.index
          index = try value(field, input, index, end, &scratch, &values)
        } else {
          index = try unknownValue(input, index, end, &scratch)
        }
        index = skipSpace(input, index)
        let next = input[index]
        index &+= 1
        if next == UInt8(ascii: ",") {
          index = skipSpace(input, index)
        } else {
          guard next == UInt8(ascii: "}"), index <= end else { throw RecordFault(nil, .malformed) }
          break
        }
      }
    }
    guard skipSpace(input, index) == end else { throw RecordFault(nil, .malformed) }
    try writer.add(values, input, scratch)
    return true
  }

  /// The place of the field that followed on another in an earlier line.
  @inline(__always)
  private func follower(of place: Int) -> Int { Int(followers >> UInt64(4 &* place) & 0xF) }

  /// Skips blanks, tabs and carriage returns. The line feed that ends the line stops it.
  @inline(__always)
  private func skipSpace(_ input: PaddedInput, _ start: Int) -> Int {
    var index = start
    while true {
      let byte = input[index]
      if byte > 0x20 || (byte != 0x20 && byte != 0x09 && byte != 0x0D) { return index }
      index &+= 1
    }
  }

  /// The field of a key that was not guessed, whose value begins behind the index then; nil for a key that is to be
  /// ignored.
  @inline(never)
  private func key(
    _ input: PaddedInput, _ index: inout Int, _ end: Int, _ scratch: inout TextScratch
  ) throws(RecordFault) -> EventField? {
    guard input[index] == UInt8(ascii: "\"") else { throw RecordFault(nil, .malformed) }
    for field in EventField.allCases {
      guard let next = keys.valueStart(of: field.index, at: index, input) else { continue }
      index = next
      return field
    }
    let kept = scratch.count
    defer { scratch.count = kept }
    let (place, next) = try JSONText.read(input, index, end, &scratch, nil)
    let name = (place.inScratch ? scratch.written : input).array(place.offset, place.count)
    let field = EventField.allCases.first { Array($0.name.utf8) == name }
    if field == nil, !ignoresUnknown { throw RecordFault(nil, .unknownField) }
    index = skipSpace(input, next)
    guard input[index] == UInt8(ascii: ":") else { throw RecordFault(field, .malformed) }
    index &+= 1
    return field
  }

  /// Checks a value that is no part of an event, and drops it.
  private mutating func unknownValue(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch
  ) throws(RecordFault) -> Int {
    let kept = scratch.count
    defer { scratch.count = kept }
    do throws(EventRejection.Reason) {
      return try rewriter.value(input, start, end, into: &scratch)
    } catch {
      throw RecordFault(nil, error)
    }
  }
}
