extension ByteStringDictionary {
  /// Bytewise order of a string of one dictionary and a string of another.
  package static func compare(
    _ a: UInt32, of first: ByteStringDictionary, _ b: UInt32, of second: ByteStringDictionary
  ) -> Int {
    let aStart = first.start(a)
    let bStart = second.start(b)
    let aLength = Int(first.ends[Int(a)]) - aStart
    let bLength = Int(second.ends[Int(b)]) - bStart
    let common = unsafe first.arena.withUnsafeBytes { left in
      unsafe second.arena.withUnsafeBytes { right in
        guard let l = left.baseAddress, let r = right.baseAddress else { return 0 }
        return unsafe memoryCompare(l + aStart, r + bStart, min(aLength, bLength))
      }
    }
    return common != 0 ? common : aLength - bLength
  }

  /// The bytes of the arena from `offset` to `end`, at most eight, as a number in their order, zeros behind them.
  @inline(__always)
  package func word(_ offset: Int, _ end: Int) -> UInt64 {
    guard offset < end else { return 0 }
    return unsafe arena.withUnsafeBytes { source in
      guard offset + 8 <= source.count else {
        var value: UInt64 = 0
        for index in offset..<end { value |= unsafe UInt64(source[index]) << UInt64(56 - 8 * (index - offset)) }
        return value
      }
      let word = unsafe UInt64(bigEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      return end - offset >= 8 ? word : word & ~0 << UInt64(64 - 8 * (end - offset))
    }
  }
}
