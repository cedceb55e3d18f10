extension Timestamp {
  /// The last date that was read, for texts of the usual kind in a row: most begin with the date of the one before.
  package struct DateMemo: Sendable {
    /// Ten characters in two words: `1970-01-01`, as zeros would be taken for a date.
    fileprivate var month = UInt64(littleEndian: 0x2D31_302D_3037_3931)
    fileprivate var day = UInt16(littleEndian: 0x3130)
    /// Its midnight, in microseconds since 1970.
    fileprivate var midnight: Int64 = 0

    package init() {}
  }

  /// What `parse` makes of a text; faster where it is written as `2026-11-01T12:34:56.123456Z`, with `T` or a space.
  @unsafe
  package static func parse(_ text: UnsafeRawBufferPointer, date: inout DateMemo) -> Result<Int64, Failure> {
    if text.count == 27, let base = text.baseAddress, let time = unsafe timeOfDay(base) {
      let month = unsafe base.loadUnaligned(as: UInt64.self)
      let day = unsafe base.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
      if month == date.month, day == date.day { return ranged(date.midnight &+ time) }
      if case .success(let midnight) = unsafe parse(UnsafeRawBufferPointer(rebasing: text[..<10])) {
        date.month = month
        date.day = day
        date.midnight = midnight
        return ranged(midnight &+ time)
      }
    }
    return unsafe parse(text)
  }

  /// The microseconds since midnight that the last seventeen of 27 characters write; nil where they are not of that kind.
  @inline(__always)
  private static func timeOfDay(_ base: UnsafeRawPointer) -> Int64? {
    let separator = unsafe base.load(fromByteOffset: 10, as: UInt8.self)
    guard separator == UInt8(ascii: "T") || separator == UInt8(ascii: " "),
      let clock = unsafe pairs(base + 11, "00:00:00"), let fraction = unsafe pairs(base + 19, ".000000Z")
    else { return nil }
    let hour = Int64(clock & 0xFF)
    let minute = Int64(clock >> 24 & 0xFF)
    let second = Int64(clock >> 48 & 0xFF)
    guard hour <= 23, minute <= 59, second <= 59 else { return nil }
    let seconds = hour &* 3600 &+ minute &* 60 &+ second
    let upper = Int64(fraction >> 8 & 0xFF)
    let middle = Int64(fraction >> 24 & 0xFF)
    let lower = Int64(fraction >> 40 & 0xFF)
    let millionths = upper &* 10_000 &+ middle &* 100 &+ lower
    return seconds &* 1_000_000 &+ millionths
  }
}
