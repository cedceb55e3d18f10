extension PaddedInput {
  /// Where the characters of a JSON string stop: at a quote, a backslash or a control character (at the line feed behind
  /// the text at the latest). Sets `sawHigh` where bytes above ASCII may have been passed.
  @inlinable @inline(__always)
  public func stringStop(from start: Int, sawHigh: inout Bool) -> Int {
    var offset = start
    var seen: UInt64 = 0
    while true {
      let bytes = word(offset)
      seen |= bytes
      let stops =
        zeroBytes(bytes ^ 0x2222_2222_2222_2222) | zeroBytes(bytes ^ 0x5C5C_5C5C_5C5C_5C5C)
        | (bytes &- 0x2020_2020_2020_2020) & ~bytes
      let marked = stops & 0x8080_8080_8080_8080
      if marked != 0 {
        if seen & 0x8080_8080_8080_8080 != 0 { sawHigh = true }
        return offset &+ marked.trailingZeroBitCount >> 3
      }
      offset &+= 8
    }
  }

  /// Where the next line feed or `other` (repeated in all bytes of a word) stands, at the padding at the latest.
  @inlinable @inline(__always)
  public func stop(from start: Int, at other: UInt64) -> Int {
    var offset = start
    while true {
      let bytes = word(offset)
      let stops = zeroBytes(bytes ^ 0x0A0A_0A0A_0A0A_0A0A) | zeroBytes(bytes ^ other)
      let marked = stops & 0x8080_8080_8080_8080
      if marked != 0 { return offset &+ marked.trailingZeroBitCount >> 3 }
      offset &+= 8
    }
  }

  /// Whether a range holds only ASCII and no NUL: what nearly every text is.
  @inlinable
  public func isPlainASCII(_ start: Int, _ length: Int) -> Bool {
    let low: UInt64 = 0x0101_0101_0101_0101
    let high: UInt64 = 0x8080_8080_8080_8080
    var index = 0
    while index < length {
      var bytes = word(start &+ index)
      let left = length &- index
      if left < 8 {
        // Bytes behind the range count as ones.
        let behind = UInt64.max << UInt64(8 &* left)
        bytes = bytes & ~behind | low & behind
      }
      if ((bytes &- low) | bytes) & high != 0 { return false }
      index &+= 8
    }
    return true
  }

  package func containsNUL(_ start: Int, _ length: Int) -> Bool {
    for index in start..<start + length where self[index] == 0 { return true }
    return false
  }

  /// Whether a range is well-formed UTF-8 (Unicode 16, table 3-7): no overlong forms, no surrogates, nothing above
  /// U+10FFFF.
  package func isValidUTF8(_ start: Int, _ length: Int) -> Bool {
    var index = start
    let end = start + length
    while index < end {
      let lead = self[index]
      if lead < 0x80 {
        index += 1
        if index + 8 <= end, word(index) & 0x8080_8080_8080_8080 == 0 { index += 8 }
        continue
      }
      let extra: Int
      var lowest: UInt8 = 0x80
      var highest: UInt8 = 0xBF
      switch lead {
      case 0xC2...0xDF: extra = 1
      case 0xE0: (extra, lowest) = (2, 0xA0)
      case 0xED: (extra, highest) = (2, 0x9F)
      case 0xE1...0xEF: extra = 2
      case 0xF0: (extra, lowest) = (3, 0x90)
      case 0xF1...0xF3: extra = 3
      case 0xF4: (extra, highest) = (3, 0x8F)
      default: return false
      }
      guard index + extra < end, self[index + 1] >= lowest, self[index + 1] <= highest else { return false }
      if extra >= 2, self[index + 2] & 0xC0 != 0x80 { return false }
      if extra == 3, self[index + 3] & 0xC0 != 0x80 { return false }
      index += extra + 1
    }
    return true
  }
}

/// Sets the high bit of every byte that is zero. A byte above a zero byte may be marked wrongly, so only the lowest mark
/// counts; the other bits are garbage.
///
/// Words and not SIMD vectors: the standard library compares vectors of bytes lane by lane (Swift 6.3).
@inlinable @inline(__always)
public func zeroBytes(_ word: UInt64) -> UInt64 { (word &- 0x0101_0101_0101_0101) & ~word }
