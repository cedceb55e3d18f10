import Columnar

/// The value that metadata have at a path, as it is found.
enum MetadataValue {
  /// It is to be looked up in metadata.
  case within(Bytes)
  /// A scalar, for itself: what stands between the quotes of a string, a number or a word.
  case scalar(Bytes, isString: Bool)
}

/// A number of metadata, as sums take it.
enum MetadataDecimal: Equatable {
  case none
  /// A number that is no `Delta`, for its digits or for its size.
  case other
  case millionths(Int64)
}

/// Values as texts, numbers and times.
extension MetadataPath {
  private static let quote = UInt8(ascii: "\"")
  private static let null = Array("null".utf8)

  /// The first value for which `body` makes something, which is given its text, its place there without quotes, and whether it had
  /// them.
  @inline(__always)
  private func first<R>(in value: MetadataValue, _ body: (Bytes, Range<Int>, _ isString: Bool) -> R?) -> R? {
    switch value {
    case .scalar(let text, let isString): return body(text, 0..<text.count, isString)
    case .within(let text):
      var found: R?
      _ = hasValue(in: text) { place in
        let isString = text[place.lowerBound] == Self.quote
        found = body(text, isString ? place.lowerBound + 1..<place.upperBound - 1 : place, isString)
        return found != nil
      }
      return found
    }
  }

  /// The first value at the path: the text of a string, else its JSON; empty where there is none, or `null`.
  func text(of value: MetadataValue) -> [UInt8] {
    first(in: value) { text, place, isString -> [UInt8]? in
      let bytes = text.slice(place.lowerBound, place.count)
      if isString { return Array(JSONWalk.text(bytes).utf8) }
      let array = bytes.array
      return array == Self.null ? [] : array
    } ?? []
  }

  /// The first number at the path, in the spelling that all of its value share, or the lower end of its bucket; empty where there
  /// is none.
  func number(of value: MetadataValue, width: Delta?) -> [UInt8] {
    first(in: value) { text, place, isString -> [UInt8]? in
      guard !isString, let number = JSONDecimal(text, place) else { return nil }
      guard let width = width?.millionths else { return number.spelling(text) }
      let (floor, ceiling) = number.millionths(text)
      guard floor > .min, ceiling < .max else { return [] }
      let (quotient, rest) = floor.quotientAndRemainder(dividingBy: width)
      return Array(DecimalText.format(Int128(rest < 0 ? quotient - 1 : quotient) * Int128(width)).utf8)
    } ?? []
  }

  /// The first number at the path.
  func decimal(of value: MetadataValue) -> MetadataDecimal {
    first(in: value) { text, place, isString -> MetadataDecimal? in
      guard !isString, JSONDecimal(text, place) != nil else { return nil }
      let parsed = unsafe text.withUnsafeBytes { bytes in
        unsafe DecimalText.parse(UnsafeRawBufferPointer(rebasing: bytes[place]))
      }
      guard case .success(let millionths) = parsed else { return .other }
      return .millionths(millionths)
    } ?? .none
  }

  /// The first day of what the first time at the path lies in, in UTC.
  func day(of value: MetadataValue, firstOf unit: CalendarUnit) -> Int32? {
    first(in: value) { text, place, isString -> Int32? in
      guard isString, let time = MetadataPredicate.time(text, place) else { return nil }
      return unit.first(of: Timestamp(microseconds: time).day)
    }
  }
}
