import Columnar
import StoreEngine

/// Reads one line of NDJSON in one pass and puts it into a batch.
///
/// Three guesses make it fast, and none can make it wrong: keys come in the order of the line before; ids are UUIDs; a
/// line's metadata are those of the line before. Each is checked against the bytes and costs next to nothing if it fails.
struct NDJSONParser: Sendable {
  private let ignoresUnknown: Bool
  let timeUnit: TimeUnit
  private let keys = NDJSONKeys()
  var rewriter = CanonicalJSON.Rewriter()
  private var writer = RecordWriter()
  var values = RecordValues()
  /// For each field's place, four bits with the place of the field that followed it in an earlier line; at place 10, the
  /// first of a line.
  private var followers: UInt64 = 0x099_8765_4321
  /// The metadata of an earlier line as they stand in the window. Empty where none are known.
  var knownMetadata = TextPlace()
  /// Their canonical form and their row, while that line waits in the writer.
  var knownCanonical = TextPlace()
  private var knownRow: Int?
  /// Their code in the batch, from then on.
  var knownMetadataCode: UInt32?

  init(_ options: IngestOptions) {
    ignoresUnknown = options.ignoreUnknownFields
    timeUnit = options.timeUnit
    if options.deriveEventIDs { writer.derived = DerivedEventIDs() }
  }

  /// Forgets what points into an earlier window.
  mutating func beginPass() {
    writer.beginPass()
    forgetMetadata()
  }

  private mutating func forgetMetadata() {
    knownMetadata = TextPlace()
    knownCanonical = TextPlace()
    knownRow = nil
    knownMetadataCode = nil
  }

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
    // An id that is derived depends on the text, which is gone.
    if writer.derived != nil { forgetMetadata() }
    guard let row = knownRow else { return }
    knownMetadataCode = writer.metadataCode(ofRow: row)
    knownCanonical = TextPlace()
    knownRow = nil
  }

  /// Decodes the line between two offsets, whose event then waits for `flush`; false where it is blank.
  mutating func decode(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch
  ) throws(RecordFault) -> Bool {
    var index = skipSpace(input, start)
    guard index < end else { return false }
    guard input[index] == UInt8(ascii: "{") else { throw RecordFault(nil, .malformed) }
    values = RecordValues()
    // Keys that were there, those with null among them.
    var seen: UInt16 = 0
    var metadataSource = TextPlace()
    index = skipSpace(input, index &+ 1)
    if input[index] == UInt8(ascii: "}") {
      index &+= 1
    } else {
      var previous = 10
      while true {
        guard input[index] == UInt8(ascii: "\"") else { throw RecordFault(nil, .malformed) }
        let guess = follower(of: previous)
        var field: EventField?
        if keys.matches(guess, input, index &+ 1) {
          field = keys.field(guess)
          index &+= 1 &+ keys.length(guess)
        } else {
          field = try key(input, &index, end, &scratch)
          if let field {
            let shift = UInt64(4 &* previous)
            followers = followers & ~(0xF << shift) | UInt64(field.index) << shift
          }
        }
        if input[index] != UInt8(ascii: ":") {
          index = skipSpace(input, index)
          guard input[index] == UInt8(ascii: ":") else { throw RecordFault(field, .malformed) }
        }
        index &+= 1
        while let known = field {
          index = skipSpace(input, index)
          if seen & known.bit != 0 { throw RecordFault(known, .duplicateKey) }
          seen |= known.bit
          previous = known.index
          if known == .metadata { metadataSource.offset = index }
          index = try value(known, input, index, end, &scratch)
          if known == .metadata { metadataSource.count = index - metadataSource.offset }
          // Mostly the field follows that followed in the line before, and the loop ends with the object.
          let guess = follower(of: previous)
          guard let start = keys.valueStart(of: guess, behind: index, input) else { break }
          index = start
          field = keys.field(guess)
        }
        if field == nil { index = try unknownValue(input, skipSpace(input, index), end, &scratch) }
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
    try writer.add(values)
    if metadataSource.count > 1 {
      knownMetadata = metadataSource
      knownCanonical = values.metadata
      knownMetadataCode = values.metadataCode
      knownRow = values.metadataCode == nil ? writer.pending - 1 : nil
    }
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

  /// The field of a key that was not guessed; nil for a key that is to be ignored.
  private func key(
    _ input: PaddedInput, _ index: inout Int, _ end: Int, _ scratch: inout TextScratch
  ) throws(RecordFault) -> EventField? {
    for field in EventField.allCases where keys.matches(field.index, input, index &+ 1) {
      index &+= 1 &+ keys.length(field.index)
      return field
    }
    let (place, next) = try JSONText.read(input, index, end, &scratch, nil)
    index = next
    let name = (place.inScratch ? scratch.written : input).array(place.offset, place.count)
    if let field = EventField.allCases.first(where: { Array($0.name.utf8) == name }) { return field }
    guard ignoresUnknown else { throw RecordFault(nil, .unknownField) }
    return nil
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
