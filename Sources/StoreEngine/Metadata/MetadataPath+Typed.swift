import Columnar

/// Values as numbers and times.
extension MetadataPath {
  /// The first number at the path, in the spelling that all of its value share, or the lower end of its bucket; empty where there
  /// is none.
  func number(in text: Bytes, width: Delta?) -> [UInt8] {
    var found: [UInt8] = []
    _ = hasValue(in: text) { value in
      guard let number = JSONDecimal(text, value) else { return false }
      guard let width = width?.millionths else {
        found = number.spelling(text)
        return true
      }
      let (floor, ceiling) = number.millionths(text)
      guard floor > .min, ceiling < .max else { return true }
      let (quotient, rest) = floor.quotientAndRemainder(dividingBy: width)
      found = Array(DecimalText.format(Int128(rest < 0 ? quotient - 1 : quotient) * Int128(width)).utf8)
      return true
    }
    return found
  }

  /// The first number at the path.
  func decimal(in text: Bytes) -> MetadataDecimal {
    var found = MetadataDecimal.none
    _ = hasValue(in: text) { value in
      guard JSONDecimal(text, value) != nil else { return false }
      let parsed = unsafe text.withUnsafeBytes { bytes in
        unsafe DecimalText.parse(UnsafeRawBufferPointer(rebasing: bytes[value]))
      }
      if case .success(let millionths) = parsed { found = .millionths(millionths) } else { found = .other }
      return true
    }
    return found
  }

  /// The first day of what the first time at the path lies in, in UTC.
  func day(in text: Bytes, firstOf unit: CalendarUnit) -> Int32? {
    var found: Int32?
    _ = hasValue(in: text) { value in
      guard text[value.lowerBound] == UInt8(ascii: "\""),
        let time = MetadataPredicate.time(text, value.lowerBound + 1..<value.upperBound - 1)
      else { return false }
      found = unit.first(of: Timestamp(microseconds: time).day)
      return true
    }
    return found
  }
}

/// A number of metadata, as sums take it.
enum MetadataDecimal: Equatable {
  case none
  /// A number that is no `Delta`, for its digits or for its size.
  case other
  case millionths(Int64)
}
