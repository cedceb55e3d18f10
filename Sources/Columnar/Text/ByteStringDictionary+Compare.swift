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
}
