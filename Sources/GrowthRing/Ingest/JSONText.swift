import Columnar
import StoreEngine

/// Reads JSON strings that are fields of an event. Only a string with escapes is copied.
enum JSONText {
  /// A text within the limits of its field.
  @inline(__always)
  static func text(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch, _ field: EventField,
    _ place: inout TextPlace
  ) throws(RecordFault) -> Int {
    let next: Int
    (place, next) = try read(input, start, end, &scratch, field)
    if place.count > EventLimits.longest(field) { throw RecordFault(field, .tooLong) }
    if place.count == 0, field.isRequired { throw RecordFault(field, .empty) }
    return next
  }

  /// An id: a UUID of one case, or any other text.
  @inline(__always)
  static func identifier(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch, _ field: EventField,
    _ place: inout IdentifierPlace
  ) throws(RecordFault) -> Int {
    if input[start] == UInt8(ascii: "\""), input[start &+ 37] == UInt8(ascii: "\""),
      place.readUUID(input, start &+ 1)
    {
      return start &+ 38
    }
    let next = try text(input, start, end, &scratch, field, &place.text)
    // A UUID may have been written with escapes.
    if place.text.inScratch, place.text.count == 36 { _ = place.readUUID(scratch.written, place.text.offset) }
    return next
  }

  /// The string whose quote should stand at `start`, and the offset behind it.
  @inline(__always)
  static func read(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch, _ field: EventField?
  ) throws(RecordFault) -> (TextPlace, Int) {
    guard input[start] == UInt8(ascii: "\"") else { throw RecordFault(field, .malformed) }
    var sawHigh = false
    let stop = input.stringStop(from: start &+ 1, sawHigh: &sawHigh)
    guard input[stop] == UInt8(ascii: "\"") else { return try decode(input, start, end, &scratch, field) }
    let place = TextPlace(offset: start &+ 1, count: stop &- start &- 1)
    if sawHigh, !input.isValidUTF8(place.offset, place.count) { throw RecordFault(field, .invalidUTF8) }
    return (place, stop &+ 1)
  }

  /// A string with escapes, decoded into the scratch.
  @inline(never)
  private static func decode(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch, _ field: EventField?
  ) throws(RecordFault) -> (TextPlace, Int) {
    var place = TextPlace(offset: scratch.count, inScratch: true)
    var index = start + 1
    var sawHigh = false
    var sawNUL = false
    while true {
      let stop = input.stringStop(from: index, sawHigh: &sawHigh)
      guard stop < end else { throw RecordFault(field, .malformed) }
      scratch.append(input, index, stop - index)
      index = stop
      if input[index] == UInt8(ascii: "\"") { break }
      guard input[index] == UInt8(ascii: "\\") else {
        throw RecordFault(field, input[index] == 0 ? .nulByte : .malformed)
      }
      do throws(EventRejection.Reason) {
        index = try JSONEscape.decode(input, index, end) { (byte: UInt8) in
          sawNUL = sawNUL || byte == 0
          scratch.append(byte)
        }
      } catch {
        throw RecordFault(field, error)
      }
    }
    if sawHigh, !input.isValidUTF8(start, index - start) { throw RecordFault(field, .invalidUTF8) }
    if sawNUL { throw RecordFault(field, .nulByte) }
    place.count = scratch.count - place.offset
    return (place, index + 1)
  }
}

extension IdentifierPlace {
  /// Takes 36 bytes as a UUID if they are one of a single case, which comes back in the same spelling.
  @inline(__always)
  mutating func readUUID(_ input: PaddedInput, _ offset: Int) -> Bool {
    guard let id = unsafe UUIDText.parse(input.buffer(offset, 36)), id.isLowercase || id.isUppercase else {
      return false
    }
    tag = id.isLowercase ? Identifier.lowercaseTag : Identifier.uppercaseTag
    high = id.high
    low = id.low
    return true
  }
}
