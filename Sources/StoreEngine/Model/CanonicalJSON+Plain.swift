package import Columnar

extension CanonicalJSON.Rewriter {
  /// Reads an object of the usual kind without rewriting it.
  ///
  /// Usual means: at most sixteen members, no white space, plain ASCII without escapes, and values that are strings,
  /// numbers, literals or flat arrays of these. If the keys are in order, the bytes are canonical as they stand; if not, the
  /// members are copied to the scratch in order. Returns nil for any other object, right or wrong, which `object` reads.
  package mutating func plainObject(
    _ input: PaddedInput, _ start: Int, _ end: Int, into scratch: inout TextScratch
  ) -> (next: Int, isCopied: Bool)? {
    var index = start &+ 1
    var count = 0
    var isSorted = true
    var previous = 0
    while true {
      guard count < plainMembers.count, input[index] == UInt8(ascii: "\"") else { return nil }
      var high = false
      let key = index &+ 1
      let stop = input.stringStop(from: key, sawHigh: &high)
      guard input[stop] == UInt8(ascii: "\""), input[stop &+ 1] == UInt8(ascii: ":") else { return nil }
      guard let next = Self.plainValue(input, stop &+ 2, &high), !high, next < end else { return nil }
      plainMembers[count] = PlainMember(key: key, end: next)
      if isSorted, count > 0 { isSorted = Self.precedes(input, previous, key) }
      previous = key
      count &+= 1
      index = next &+ 1
      if input[next] == UInt8(ascii: "}") { break }
      guard input[next] == UInt8(ascii: ",") else { return nil }
    }
    if isSorted { return (index, false) }
    return sortPlain(input, count, &scratch) ? (index, true) : nil
  }

  /// The offset behind a value; nil where it is not plain.
  @inline(__always)
  private static func plainValue(_ input: PaddedInput, _ start: Int, _ high: inout Bool) -> Int? {
    guard input[start] == UInt8(ascii: "[") else { return plainScalar(input, start, &high) }
    var index = start &+ 1
    if input[index] == UInt8(ascii: "]") { return index &+ 1 }
    while true {
      guard let next = plainScalar(input, index, &high) else { return nil }
      if input[next] == UInt8(ascii: "]") { return next &+ 1 }
      guard input[next] == UInt8(ascii: ",") else { return nil }
      index = next &+ 1
    }
  }

  @inline(__always)
  private static func plainScalar(_ input: PaddedInput, _ start: Int, _ high: inout Bool) -> Int? {
    switch input[start] {
    case UInt8(ascii: "\""):
      let stop = input.stringStop(from: start &+ 1, sawHigh: &high)
      return input[stop] == UInt8(ascii: "\"") ? stop &+ 1 : nil
    case UInt8(ascii: "t"): return input.word(start) & 0xFFFF_FFFF == 0x6575_7274 ? start &+ 4 : nil
    case UInt8(ascii: "n"): return input.word(start) & 0xFFFF_FFFF == 0x6C6C_756E ? start &+ 4 : nil
    case UInt8(ascii: "f"): return input.word(start) & 0xFF_FFFF_FFFF == 0x65_736C_6166 ? start &+ 5 : nil
    default: return JSONNumber.end(input, start)
    }
  }

  /// Whether one key stands before another. Both end with a quote, which no plain key holds and which is less than all that
  /// they hold but blanks and exclamation marks; those are left to the exact comparison.
  @inline(__always)
  private static func precedes(_ input: PaddedInput, _ a: Int, _ b: Int) -> Bool {
    let left = input.word(a)
    let right = input.word(b)
    if left != right {
      // The first byte that differs decides, if neither key has ended before it or there.
      let place = UInt64((left ^ right).trailingZeroBitCount) & ~7
      let bytes = (left >> place & 0xFF, right >> place & 0xFF)
      let before = left & (1 << place &- 1)
      let quotes = zeroBytes(before ^ 0x2222_2222_2222_2222) & 0x8080_8080_8080_8080 & (1 << place &- 1)
      if quotes == 0, bytes.0 != 0x22, bytes.1 != 0x22 { return bytes.0 < bytes.1 }
    }
    return compare(input, a, b) < 0
  }

  /// The order of two keys that end with quotes.
  private static func compare(_ input: PaddedInput, _ a: Int, _ b: Int) -> Int {
    var index = 0
    while true {
      let left = input[a &+ index]
      let right = input[b &+ index]
      if left == UInt8(ascii: "\"") || right == UInt8(ascii: "\"") {
        return left == right ? 0 : left == UInt8(ascii: "\"") ? -1 : 1
      }
      if left != right { return Int(left) &- Int(right) }
      index &+= 1
    }
  }

  /// Copies the first `count` members in order; false where a key is there twice.
  private mutating func sortPlain(_ input: PaddedInput, _ count: Int, _ scratch: inout TextScratch) -> Bool {
    for place in 1..<count {
      let member = plainMembers[place]
      var hole = place
      while hole > 0, !Self.precedes(input, plainMembers[hole &- 1].key, member.key) {
        if Self.compare(input, plainMembers[hole &- 1].key, member.key) == 0 { return false }
        plainMembers[hole] = plainMembers[hole &- 1]
        hole &-= 1
      }
      plainMembers[hole] = member
    }
    scratch.append(UInt8(ascii: "{"))
    for place in 0..<count {
      if place > 0 { scratch.append(UInt8(ascii: ",")) }
      let member = plainMembers[place]
      scratch.append(input, member.key &- 1, member.end &- member.key &+ 1)
    }
    scratch.append(UInt8(ascii: "}"))
    return true
  }
}
