import Columnar
import StoreEngine

extension NDJSONParser {
  /// Reads the value of a field; returns the offset behind it. Null is as good as absent.
  @inline(__always)
  mutating func value(
    _ field: EventField, _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch,
    _ values: inout RecordValues
  ) throws(RecordFault) -> Int {
    if input[start] == UInt8(ascii: "n"), input.word(start) & 0xFFFF_FFFF == 0x6C6C_756E { return start &+ 4 }
    values.seen |= field.bit
    switch field {
    case .eventID: return try eventID(input, start, &values)
    case .user: return try JSONText.identifier(input, start, end, &scratch, field, &values.user)
    case .entity: return try JSONText.identifier(input, start, end, &scratch, field, &values.entity)
    case .entityType: return try JSONText.text(input, start, end, &scratch, field, &values.entityType)
    case .dimension: return try JSONText.text(input, start, end, &scratch, field, &values.dimension)
    case .source: return try JSONText.text(input, start, end, &scratch, field, &values.source)
    case .scope:
      let next = try JSONText.text(input, start, end, &scratch, field, &values.scope)
      let place = values.scope
      guard unsafe EventLimits.isScope((place.inScratch ? scratch.written : input).buffer(place.offset, place.count))
      else { throw RecordFault(.scope, .malformed) }
      return next
    case .delta: return try delta(input, start, end, &scratch, &values)
    case .createdAt: return try time(input, start, end, &scratch, &values)
    case .sourceMUID: return try JSONText.text(input, start, end, &scratch, field, &values.sourceMUID)
    case .metadata: return try metadata(input, start, end, &scratch, &values)
    }
  }

  @inline(__always)
  private func eventID(
    _ input: PaddedInput, _ start: Int, _ values: inout RecordValues
  ) throws(RecordFault) -> Int {
    guard input[start] == UInt8(ascii: "\""), input[start &+ 37] == UInt8(ascii: "\""),
      let id = unsafe UUIDText.parse(input.buffer(start &+ 1, 36)), id.high | id.low != 0
    else { throw RecordFault(.eventID, .malformed) }
    values.idHigh = id.high
    values.idLow = id.low
    return start &+ 38
  }

  @inline(__always)
  private func delta(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch, _ values: inout RecordValues
  ) throws(RecordFault) -> Int {
    if let (value, next) = Self.plainDelta(input, start) {
      values.delta = value
      return next
    }
    let result: Result<Int64, DecimalText.Failure>
    let next: Int
    if input[start] == UInt8(ascii: "\"") {
      let place: TextPlace
      (place, next) = try JSONText.read(input, start, end, &scratch, .delta)
      result = unsafe DecimalText.parse((place.inScratch ? scratch.written : input).buffer(place.offset, place.count))
    } else {
      guard let stop = JSONNumber.end(input, start), stop <= end else { throw RecordFault(.delta, .malformed) }
      next = stop
      result = unsafe DecimalText.parse(input.buffer(start, stop &- start))
    }
    switch result {
    case .success(let value): values.delta = value
    case .failure(let failure): throw RecordFault(.delta, failure.reason)
    }
    return next
  }

  /// The millionths of a number of at most eleven digits and six fractional ones, and the offset behind it; nil where it is
  /// written in another way, right or wrong.
  @inline(__always)
  private static func plainDelta(_ input: PaddedInput, _ start: Int) -> (Int64, Int)? {
    let negative = input[start] == UInt8(ascii: "-")
    let first = negative ? start &+ 1 : start
    var index = first
    var value: Int64 = 0
    while case let digit = input[index] &- 0x30, digit <= 9 {
      value = value &* 10 &+ Int64(digit)
      index &+= 1
    }
    let whole = index &- first
    guard whole > 0, whole <= 11, whole == 1 || input[first] != UInt8(ascii: "0") else { return nil }
    var missing = 6
    if input[index] == UInt8(ascii: ".") {
      index &+= 1
      let point = index
      while case let digit = input[index] &- 0x30, digit <= 9 {
        value = value &* 10 &+ Int64(digit)
        index &+= 1
      }
      missing = 6 &- (index &- point)
      guard missing >= 0, missing < 6 else { return nil }
    }
    guard input[index] | 0x20 != UInt8(ascii: "e") else { return nil }
    while missing > 0 {
      value &*= 10
      missing &-= 1
    }
    return (negative ? -value : value, index)
  }

  @inline(__always)
  private mutating func time(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch, _ values: inout RecordValues
  ) throws(RecordFault) -> Int {
    let result: Result<Int64, Timestamp.Failure>
    let next: Int
    if input[start] == UInt8(ascii: "\"") {
      let place: TextPlace
      (place, next) = try JSONText.read(input, start, end, &scratch, .createdAt)
      result = unsafe Timestamp.parse(
        (place.inScratch ? scratch.written : input).buffer(place.offset, place.count), date: &lastDate)
    } else {
      guard let stop = JSONNumber.end(input, start), stop <= end else { throw RecordFault(.createdAt, .malformed) }
      next = stop
      result = unsafe timeUnit.parse(input.buffer(start, stop &- start))
    }
    switch result {
    case .success(let value): values.createdAt = value
    case .failure(let reason): throw RecordFault(.createdAt, reason)
    }
    return next
  }

  @inline(__always)
  private mutating func metadata(
    _ input: PaddedInput, _ start: Int, _ end: Int, _ scratch: inout TextScratch, _ values: inout RecordValues
  ) throws(RecordFault) -> Int {
    // Mostly the last member: then the line ends with them and one brace more.
    let close = input[end &- 1] == UInt8(ascii: "\r") ? end &- 2 : end &- 1
    let endsLine = close &- start <= MetadataMemos.longest && close > start && input[close] == UInt8(ascii: "}")
    if endsLine, input[close &- 1] == UInt8(ascii: "}") {
      let source = TextPlace(offset: start, count: close &- start)
      if writer.takeKnownMetadata(input, source, &scratch, &values) { return close }
    }
    let place = scratch.count
    if input[start] == UInt8(ascii: "{"), let plain = rewriter.plainObject(input, start, end, into: &scratch) {
      values.metadataSource = TextPlace(offset: start, count: plain.next &- start)
      values.metadata =
        plain.isCopied
        ? TextPlace(offset: place, count: scratch.count &- place, inScratch: true) : values.metadataSource
      if values.metadata.count > EventLimits.metadataLength { throw RecordFault(.metadata, .tooLong) }
      return plain.next
    }
    let next: Int
    do throws(EventRejection.Reason) {
      next = try rewriter.object(input, start, end, into: &scratch)
    } catch {
      throw RecordFault(.metadata, error)
    }
    values.metadataSource = TextPlace(offset: start, count: next &- start)
    values.metadata = TextPlace(offset: place, count: scratch.count &- place, inScratch: true)
    if values.metadata.count > EventLimits.metadataLength { throw RecordFault(.metadata, .tooLong) }
    return next
  }
}

extension DecimalText.Failure {
  var reason: EventRejection.Reason {
    switch self {
    case .malformed: .malformed
    case .tooManyDigits: .tooManyDigits
    case .outOfRange: .outOfRange
    }
  }
}

extension TimeUnit {
  /// Microseconds since 1970 of an integer in this unit.
  @unsafe
  func parse(_ text: UnsafeRawBufferPointer) -> Result<Int64, EventRejection.Reason> {
    var index = 0
    let negative = unsafe text.count > 0 && text[0] == UInt8(ascii: "-")
    if negative { index = 1 }
    guard index < text.count else { return .failure(.malformed) }
    var value: Int64 = 0
    while index < text.count {
      let digit = unsafe text[index] &- 0x30
      guard digit <= 9 else { return .failure(.malformed) }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int64(digit))
      if overflow || carry { return .failure(.outOfRange) }
      value = sum
      index += 1
    }
    let (microseconds, overflow) = (negative ? -value : value).multipliedReportingOverflow(by: length)
    guard !overflow, microseconds >= Timestamp.earliest.microseconds, microseconds <= Timestamp.latest.microseconds
    else { return .failure(.outOfRange) }
    return .success(microseconds)
  }
}
