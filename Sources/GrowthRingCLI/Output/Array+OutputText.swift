import GrowthRing

/// The text forms of values, as bytes at the end of a buffer: what every output format is made of.
extension [UInt8] {
  mutating func append(_ text: String) { append(contentsOf: text.utf8) }

  mutating func append(_ text: StaticString) {
    unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(integer value: UInt64) {
    var digits: InlineArray<20, UInt8> = InlineArray(repeating: 0)
    var start = 20
    var rest = value
    repeat {
      start -= 1
      digits[start] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
      rest /= 10
    } while rest > 0
    for index in start..<20 { append(digits[index]) }
  }

  mutating func append(integer value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(integer: value.magnitude)
  }

  /// The shortest exact decimal of a number of millionths, as `Score` describes itself.
  mutating func append(millionths: Int128) {
    guard let magnitude = UInt64(exactly: millionths.magnitude) else {
      append(Score(millionths: millionths).description)
      return
    }
    if millionths < 0 { append(UInt8(ascii: "-")) }
    append(integer: magnitude / 1_000_000)
    appendFraction(UInt32(magnitude % 1_000_000))
  }

  /// ISO 8601 in UTC, as `Timestamp` describes itself.
  mutating func append(time: Timestamp) {
    let day = time.day
    appendDate(day)
    append(UInt8(ascii: "T"))
    let rest = time.microseconds - Int64(day) * 86_400_000_000
    let seconds = Int(rest / 1_000_000)
    appendPadded(seconds / 3600, 2)
    append(UInt8(ascii: ":"))
    appendPadded(seconds / 60 % 60, 2)
    append(UInt8(ascii: ":"))
    appendPadded(seconds % 60, 2)
    appendFraction(UInt32(rest % 1_000_000))
    append(UInt8(ascii: "Z"))
  }

  /// A day as `YYYY-MM-DD`.
  mutating func appendDate(_ day: Int32) {
    let date = Timestamp.Day.civil(Int(day))
    appendPadded(date.year, 4)
    append(UInt8(ascii: "-"))
    appendPadded(date.month, 2)
    append(UInt8(ascii: "-"))
    appendPadded(date.day, 2)
  }

  private mutating func appendPadded(_ value: Int, _ width: Int) {
    var divisor = width == 4 ? 1000 : 10
    while divisor > 0 {
      append(UInt8(truncatingIfNeeded: value / divisor % 10) + 0x30)
      divisor /= 10
    }
  }

  /// A point and the digits of millionths without trailing zeros; nothing for 0.
  private mutating func appendFraction(_ millionths: UInt32) {
    if millionths == 0 { return }
    append(UInt8(ascii: "."))
    var rest = millionths
    var divisor: UInt32 = 100_000
    while rest != 0 {
      append(UInt8(truncatingIfNeeded: rest / divisor) + 0x30)
      rest %= divisor
      divisor /= 10
    }
  }
}
