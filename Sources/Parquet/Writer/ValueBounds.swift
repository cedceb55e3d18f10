import Columnar

/// The smallest and the largest of some values, in the order of their column, in the plain encoding.
struct ValueBounds: Equatable {
  var minimum: [UInt8]
  var maximum: [UInt8]
  var isMinimumExact = true
  var isMaximumExact = true

  init(_ minimum: [UInt8], _ maximum: [UInt8]) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// Negative, zero or positive.
  static func compare(_ a: [UInt8], _ b: [UInt8], _ order: ValueOrder) -> Int {
    switch order {
    case .bytewise, .undefined: return compareBytes(a, b)
    case .signed: return compare(signed(a), signed(b))
    case .unsigned: return compare(UInt64(bitPattern: unsigned(a)), UInt64(bitPattern: unsigned(b)))
    case .floating: return compare(floating(a), floating(b))
    case .bigEndian: return compareBigEndian(a, b)
    }
  }

  private static func compare<T: Comparable>(_ a: T, _ b: T) -> Int { a < b ? -1 : a > b ? 1 : 0 }

  private static func unsigned(_ bytes: [UInt8]) -> Int64 {
    var value: UInt64 = 0
    for (index, byte) in bytes.prefix(8).enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
    return Int64(bitPattern: value)
  }

  private static func signed(_ bytes: [UInt8]) -> Int64 {
    bytes.count == 4 ? Int64(Int32(truncatingIfNeeded: unsigned(bytes))) : unsigned(bytes)
  }

  private static func floating(_ bytes: [UInt8]) -> Double {
    let bits = UInt64(bitPattern: unsigned(bytes))
    return bytes.count == 4 ? Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))) : Double(bitPattern: bits)
  }

  /// Signed integers, the highest byte first, of any lengths.
  static func compareBigEndian(_ a: [UInt8], _ b: [UInt8]) -> Int {
    let signA = a.first.map { $0 >> 7 } ?? 0
    let signB = b.first.map { $0 >> 7 } ?? 0
    if signA != signB { return signA > signB ? -1 : 1 }
    let length = max(a.count, b.count)
    let fill: UInt8 = signA == 1 ? 0xFF : 0
    let left = Array(repeating: fill, count: length - a.count) + a
    let right = Array(repeating: fill, count: length - b.count) + b
    return compareBytes(left, right)
  }

  mutating func merge(_ other: ValueBounds, _ order: ValueOrder) {
    if Self.compare(other.minimum, minimum, order) < 0 {
      minimum = other.minimum
      isMinimumExact = other.isMinimumExact
    }
    if Self.compare(other.maximum, maximum, order) > 0 {
      maximum = other.maximum
      isMaximumExact = other.isMaximumExact
    }
  }

  /// The longest bound of byte strings.
  private static let longest = 64

  /// Shortens long byte strings to bounds that hold them still. Text stays text.
  mutating func shorten(isText: Bool) {
    if minimum.count > Self.longest {
      minimum = Self.prefix(minimum, isText)
      isMinimumExact = false
    }
    if maximum.count > Self.longest, let above = Self.above(Self.prefix(maximum, isText), isText) {
      maximum = above
      isMaximumExact = false
    }
  }

  private static func prefix(_ bytes: [UInt8], _ isText: Bool) -> [UInt8] {
    var end = longest
    // A character is not cut.
    if isText { while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 } }
    return Array(bytes[..<end])
  }

  /// The next string that does not begin with `bytes`; nil where there is none.
  private static func above(_ bytes: [UInt8], _ isText: Bool) -> [UInt8]? {
    guard isText, let text = String(validating: bytes, as: UTF8.self) else {
      var bytes = bytes
      while let last = bytes.popLast() {
        if last < 0xFF { return bytes + [last + 1] }
      }
      return nil
    }
    var scalars = Array(text.unicodeScalars)
    while let last = scalars.popLast() {
      let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
      guard let scalar = Unicode.Scalar(next) else { continue }
      var raised = String.UnicodeScalarView()
      raised.append(contentsOf: scalars)
      raised.append(scalar)
      return Array(String(raised).utf8)
    }
    return nil
  }
}
