/// UUIDs as two columns of halves, or, where all are of version 7, as the residual of their time and their random bits.
///
/// The time of a UUIDv7 repeats `created_at` in nearly every event, so its page costs 74 bits an id. See
/// Formats/encodings.md, "Event id page"; the layout of the UUID is RFC 9562, section 5.7.
package enum EventIDPage {
  static let plain: UInt8 = 0
  static let version7: UInt8 = 1

  /// Appends the ids of a range of rows. Whether they are of version 7, and so but their random bits.
  @discardableResult
  package static func encode(
    high: [UInt64], low: [UInt64], createdAt: [Int64], _ range: Range<Int>, into writer: inout ByteWriter
  ) -> Bool {
    if range.allSatisfy({ high[$0] >> 12 & 0xF == 7 && low[$0] >> 62 == 2 }) && !range.isEmpty {
      writer.append(version7)
      var residuals: [Int64] = []
      var highBits: [Int64] = []
      var lowBits: [Int64] = []
      residuals.reserveCapacity(range.count)
      highBits.reserveCapacity(range.count)
      lowBits.reserveCapacity(range.count)
      for index in range {
        residuals.append(Int64(high[index] >> 16) - floorMilliseconds(createdAt[index]))
        highBits.append(Int64((high[index] & 0xFFF) << 6 | (low[index] >> 56 & 0x3F)))
        lowBits.append(Int64(low[index] & 0x00FF_FFFF_FFFF_FFFF))
      }
      IntegerPage.encode(residuals, into: &writer)
      IntegerPage.encode(highBits, into: &writer)
      IntegerPage.encode(lowBits, into: &writer)
      return true
    }
    writer.append(plain)
    IntegerPage.encode(range.map { Int64(bitPattern: high[$0]) }, into: &writer)
    IntegerPage.encode(range.map { Int64(bitPattern: low[$0]) }, into: &writer)
    return false
  }

  /// Appends the ids of `createdAt.count` events.
  package static func decode(
    _ reader: inout ByteReader, createdAt: ArraySlice<Int64>, high: inout [UInt64], low: inout [UInt64]
  ) throws(FormatError) {
    let start = reader.offset
    let count = createdAt.count
    switch try reader.read(UInt8.self, "event id mode") {
    case plain:
      let highs = try IntegerPage.decode(&reader, count: count)
      let lows = try IntegerPage.decode(&reader, count: count)
      high.append(contentsOf: highs.lazy.map { UInt64(bitPattern: $0) })
      low.append(contentsOf: lows.lazy.map { UInt64(bitPattern: $0) })
    case version7:
      let residuals = try IntegerPage.decode(&reader, count: count)
      let highBits = try IntegerPage.decode(&reader, count: count)
      let lowBits = try IntegerPage.decode(&reader, count: count)
      high.reserveCapacity(high.count + count)
      low.reserveCapacity(low.count + count)
      for index in 0..<count {
        let id = try version7(
          index, residual: residuals[index], highBits: highBits[index], lowBits: lowBits[index],
          createdAt: createdAt[createdAt.startIndex + index], offset: start)
        high.append(id.high)
        low.append(id.low)
      }
    case let mode:
      throw FormatError(offset: start, "event id mode \(mode)")
    }
  }

  /// An id of version 7 from its parts.
  @inline(__always)
  static func version7(
    _ index: Int, residual: Int64, highBits: Int64, lowBits: Int64, createdAt: Int64, offset: Int = 0
  ) throws(FormatError) -> (high: UInt64, low: UInt64) {
    let milliseconds = floorMilliseconds(createdAt) &+ residual
    guard milliseconds >= 0, milliseconds < 1 << 48, highBits >= 0, highBits < 1 << 18, lowBits >= 0,
      lowBits < 1 << 56
    else { throw FormatError(offset: offset, "event id \(index) is out of range") }
    return (
      UInt64(milliseconds) << 16 | 0x7000 | UInt64(highBits) >> 6,
      1 << 63 | (UInt64(highBits) & 0x3F) << 56 | UInt64(lowBits)
    )
  }

  /// Milliseconds since 1970, rounded down, also before 1970.
  package static func floorMilliseconds(_ microseconds: Int64) -> Int64 {
    let quotient = microseconds / 1000
    return microseconds % 1000 < 0 ? quotient - 1 : quotient
  }
}
