extension Timestamp {
  /// Reads a time such as `2026-11-01T12:34:56.5+02:00`; nil for anything else.
  ///
  /// A date alone is its midnight. `T`, `t` or a space stands before the time of day, whose seconds may be left out. Up to
  /// nine fractional digits are read; those after the sixth must be zeros, for nothing is rounded. A zone is `Z`,
  /// `+02:00`, `+0200` or `-05`; without one the time is UTC. Years go from 1 to 9999, and leap seconds are rejected.
  public init?(_ text: String) {
    guard case .success(let microseconds) = Self.parse(Array(text.utf8)) else { return nil }
    self.init(microseconds: microseconds)
  }

  package typealias Failure = EventRejection.Reason

  package static func parse(_ text: [UInt8], naiveOffset: Int64 = 0) -> Result<Int64, Failure> {
    unsafe text.withUnsafeBytes { unsafe parse($0, naiveOffset: naiveOffset) }
  }

  /// Microseconds since 1970. `naiveOffset` is the zone, in microseconds east of UTC, of times that name none.
  @unsafe
  package static func parse(_ text: UnsafeRawBufferPointer, naiveOffset: Int64 = 0) -> Result<Int64, Failure> {
    guard text.count >= 10, let base = text.baseAddress else { return .failure(.malformed) }
    let date = unsafe pairs(base, "0000-00-")
    let dayDigits = unsafe (text[8] &- 0x30, text[9] &- 0x30)
    guard let date, dayDigits.0 <= 9, dayDigits.1 <= 9 else { return .failure(.malformed) }
    let year = Int(date & 0xFF) &* 100 &+ Int(date >> 16 & 0xFF)
    let month = Int(date >> 40 & 0xFF)
    let day = Int(dayDigits.0) &* 10 &+ Int(dayDigits.1)
    guard year >= 1, month >= 1, month <= 12, day >= 1, day <= Day.count(year: year, month: month) else {
      return .failure(.malformed)
    }
    var seconds = Int64(Day.number(year: year, month: month, day: day)) &* 86_400
    if text.count == 10 { return ranged(seconds &* 1_000_000 &- naiveOffset) }

    let separator = unsafe text[10]
    guard separator == UInt8(ascii: "T") || separator == UInt8(ascii: " ") || separator == UInt8(ascii: "t"),
      text.count >= 16, let hour = unsafe twoDigits(text, 11), hour <= 23, unsafe text[13] == UInt8(ascii: ":"),
      let minute = unsafe twoDigits(text, 14), minute <= 59
    else { return .failure(.malformed) }
    seconds &+= Int64(hour &* 3600 &+ minute &* 60)
    var index = 16
    var microseconds: Int64 = 0
    if index < text.count, unsafe text[index] == UInt8(ascii: ":") {
      guard let second = unsafe twoDigits(text, 17), second <= 59 else { return .failure(.malformed) }
      seconds &+= Int64(second)
      index = 19
      if index < text.count, unsafe text[index] == UInt8(ascii: ".") || text[index] == UInt8(ascii: ",") {
        index += 1
        guard let fraction = unsafe Self.fraction(text, &index) else { return .failure(.malformed) }
        guard fraction >= 0 else { return .failure(.tooManyDigits) }
        microseconds = fraction
      }
    }
    guard let offset = unsafe zone(text, from: index, naive: naiveOffset) else { return .failure(.malformed) }
    return ranged(seconds &* 1_000_000 &+ microseconds &- offset)
  }

  static func ranged(_ microseconds: Int64) -> Result<Int64, Failure> {
    microseconds >= earliest.microseconds && microseconds <= latest.microseconds
      ? .success(microseconds) : .failure(.outOfRange)
  }

  /// Eight characters of the shape of `pattern`, in which a zero stands for a digit; nil where they differ from it. Of two
  /// digits in a row, the byte of the first holds the number that they write.
  @inline(__always)
  static func pairs(_ base: UnsafeRawPointer, _ pattern: StaticString) -> UInt64? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let shape = unsafe UnsafeRawPointer(pattern.utf8Start).loadUnaligned(as: UInt64.self)
    let lanes = unsafe UInt64(littleEndian: base.loadUnaligned(as: UInt64.self) ^ shape)
    // A digit's lane may hold up to 9, a separator's lane 0: adding 0x76 or 0x7F sets the high bit of all others.
    let other = UInt64(littleEndian: shape) ^ 0x30 &* ones
    let isDigit = ((other &- ones) & ~other) >> 7 & ones
    let slack = 0x7F &* ones &- 9 &* isDigit
    guard ((lanes & 0x7F7F_7F7F_7F7F_7F7F) &+ slack | lanes) & 0x8080_8080_8080_8080 == 0 else { return nil }
    return lanes &* 10 &+ lanes >> 8
  }

  @inline(__always)
  private static func twoDigits(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int? {
    guard index &+ 1 < text.count else { return nil }
    let high = unsafe text[index] &- 0x30
    let low = unsafe text[index &+ 1] &- 0x30
    guard high <= 9, low <= 9 else { return nil }
    return Int(high) &* 10 &+ Int(low)
  }

  /// One to nine digits as microseconds; -1 where digits after the sixth are not zero, nil where there is none or too
  /// many.
  @inline(__always)
  private static func fraction(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> Int64? {
    var value: Int64 = 0
    var scale: Int64 = 100_000
    var exact = true
    let start = index
    while index < text.count {
      let digit = unsafe text[index] &- 0x30
      guard digit <= 9 else { break }
      value &+= Int64(digit) &* scale
      if scale == 0, digit != 0 { exact = false }
      scale /= 10
      index &+= 1
    }
    guard index > start, index - start <= 9 else { return nil }
    return exact ? value : -1
  }

  /// The zone from `index` to the end, in microseconds east of UTC; nil where it is malformed.
  @unsafe
  package static func zone(_ text: UnsafeRawBufferPointer, from index: Int, naive: Int64) -> Int64? {
    guard index < text.count else { return naive }
    let sign = unsafe text[index]
    if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") { return index + 1 == text.count ? 0 : nil }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hours = unsafe twoDigits(text, index + 1),
      hours <= 23
    else { return nil }
    var minutes = 0
    if index + 3 < text.count {
      let at = unsafe text[index + 3] == UInt8(ascii: ":") ? index + 4 : index + 3
      guard let read = unsafe twoDigits(text, at), read <= 59, at + 2 == text.count else { return nil }
      minutes = read
    }
    let offset = Int64(hours * 60 + minutes) * 60_000_000
    return sign == UInt8(ascii: "-") ? -offset : offset
  }
}

extension Timestamp: CustomStringConvertible {
  /// ISO 8601 in UTC: `2026-11-01T12:34:56.123456Z`. Trailing zeros of the fraction are left out, and an empty fraction
  /// with its point.
  public var description: String {
    let day = self.day
    let rest = microseconds - Int64(day) * Self.microsecondsPerDay
    let seconds = Int(rest / 1_000_000)
    let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { Day.padded($0, 2) }
    var text = "\(Day.text(day))T\(time[0]):\(time[1]):\(time[2])"
    let fraction = Int(rest % 1_000_000)
    if fraction != 0 {
      var digits = Day.padded(fraction, 6)
      while digits.hasSuffix("0") { digits.removeLast() }
      text += "." + digits
    }
    return text + "Z"
  }
}
