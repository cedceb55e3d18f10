extension PaddedInput {
  /// Where the characters of a JSON string stop: at a quote, a backslash or a control character (at the line feed behind
  /// the text at the latest). Sets `sawHigh` where bytes above ASCII may have been passed.
  @inlinable @inline(__always)
  package func stringStop(from start: Int, sawHigh: inout Bool) -> Int {
    var offset = start
    var seen = SIMD16<UInt8>(repeating: 0)
    while true {
      let bytes = block(offset)
      seen |= bytes
      let stops =
        (bytes .== SIMD16(repeating: UInt8(ascii: "\""))) .| (bytes .== SIMD16(repeating: UInt8(ascii: "\\")))
        .| (bytes .< SIMD16(repeating: 0x20))
      let lane = firstLane(stops)
      if lane < 16 {
        let halves = unsafe unsafeBitCast(seen, to: SIMD2<UInt64>.self)
        if (halves[0] | halves[1]) & 0x8080_8080_8080_8080 != 0 { sawHigh = true }
        return offset &+ lane
      }
      offset &+= 16
    }
  }

  /// Where the next line feed or `other` stands, at the padding at the latest.
  @inlinable @inline(__always)
  package func stop(from start: Int, at other: UInt8) -> Int {
    var offset = start
    while true {
      let bytes = block(offset)
      let lane = firstLane((bytes .== SIMD16(repeating: other)) .| (bytes .== SIMD16(repeating: UInt8(ascii: "\n"))))
      if lane < 16 { return offset &+ lane }
      offset &+= 16
    }
  }

  /// Whether a range holds only ASCII and no NUL: what nearly every text is.
  @inlinable
  package func isPlainASCII(_ start: Int, _ length: Int) -> Bool {
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
