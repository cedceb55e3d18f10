import Columnar

/// Byte strings end to end.
package struct ByteStrings: Hashable, Sendable {
  package var arena: [UInt8]
  /// Where each string ends in the arena.
  package var ends: [UInt32]

  /// Longer ones must be split over several batches.
  static let longestArena = Int(UInt32.max)

  package init(arena: [UInt8] = [], ends: [UInt32] = []) {
    self.arena = arena
    self.ends = ends
  }

  package init(_ strings: [[UInt8]]) {
    self.init()
    for string in strings { append(string) }
  }

  package var count: Int { ends.count }

  @inlinable
  package func start(_ index: Int) -> Int { index == 0 ? 0 : Int(ends[index - 1]) }

  @inlinable
  package func range(_ index: Int) -> Range<Int> { start(index)..<Int(ends[index]) }

  @inlinable
  package func length(_ index: Int) -> Int { Int(ends[index]) - start(index) }

  package subscript(index: Int) -> [UInt8] { Array(arena[range(index)]) }

  package mutating func append(_ string: [UInt8]) {
    arena.append(contentsOf: string)
    precondition(arena.count <= Self.longestArena, "strings of more than 4 GiB")
    ends.append(UInt32(arena.count))
  }

  mutating func append(_ other: ByteStrings, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    let from = other.start(range.lowerBound)
    let base = arena.count
    arena.append(contentsOf: other.arena[from..<Int(other.ends[range.upperBound - 1])])
    precondition(arena.count <= Self.longestArena, "strings of more than 4 GiB")
    for index in range { ends.append(UInt32(base + Int(other.ends[index]) - from)) }
  }

  /// Bytewise order of two strings.
  package func compare(_ a: Int, _ b: Int) -> Int { Self.compare(arena, range(a), arena, range(b)) }

  /// With how many bytes two strings begin alike, `most` at the most.
  func commonPrefix(_ a: Int, _ b: Int, _ most: Int) -> Int {
    let (start, other) = (start(a), start(b))
    let most = min(most, length(a), length(b))
    return unsafe arena.withUnsafeBytes { arena in
      var count = 0
      while count < most, unsafe arena[start &+ count] == arena[other &+ count] { count &+= 1 }
      return count
    }
  }

  /// Eight bytes of a string as a number in their order, with zeros behind its end.
  func word(_ index: Int, from offset: Int) -> UInt64 {
    let (start, end) = (start(index) + offset, Int(ends[index]))
    guard end - start < 8 else {
      return unsafe arena.withUnsafeBytes {
        unsafe UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: start, as: UInt64.self))
      }
    }
    var word: UInt64 = 0
    for place in start..<max(start, end) { word |= UInt64(arena[place]) << UInt64(56 - 8 * (place - start)) }
    return word
  }

  static func compare(_ a: [UInt8], _ aRange: Range<Int>, _ b: [UInt8], _ bRange: Range<Int>) -> Int {
    precondition(aRange.upperBound <= a.count && bRange.upperBound <= b.count)
    return unsafe a.withUnsafeBytes { left in
      unsafe b.withUnsafeBytes { right in
        let common = min(aRange.count, bRange.count)
        var index = 0
        while index &+ 8 <= common {
          let x = unsafe left.loadUnaligned(fromByteOffset: aRange.lowerBound &+ index, as: UInt64.self).bigEndian
          let y = unsafe right.loadUnaligned(fromByteOffset: bRange.lowerBound &+ index, as: UInt64.self).bigEndian
          if x != y { return x < y ? -1 : 1 }
          index &+= 8
        }
        while index < common {
          let x = unsafe left[aRange.lowerBound &+ index]
          let y = unsafe right[bRange.lowerBound &+ index]
          if x != y { return x < y ? -1 : 1 }
          index &+= 1
        }
        return aRange.count - bRange.count
      }
    }
  }
}

/// A column of byte strings: each value once, or codes into the different ones.
package struct ByteColumn: Hashable, Sendable {
  package var strings: ByteStrings
  /// Which string each value is; nil where the values are the strings in their order.
  package var codes: [UInt32]?
  /// Whoever made the column knows that no string stands there twice, so that a writer need not look.
  private(set) var isDistinct = false

  package init(_ strings: ByteStrings, codes: [UInt32]? = nil) {
    self.strings = strings
    self.codes = codes
  }

  /// Codes into strings no two of which are equal.
  package init(distinct strings: ByteStrings, codes: [UInt32]) {
    self.init(strings, codes: codes)
    isDistinct = true
  }

  package var count: Int { codes?.count ?? strings.count }

  /// Which string value `index` is.
  @inlinable
  package func string(_ index: Int) -> Int { codes.map { Int($0[index]) } ?? index }

  package subscript(index: Int) -> [UInt8] { strings[string(index)] }

  mutating func append(_ other: ByteColumn, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    let isFirst = strings.count == 0
    defer { isDistinct = isFirst && other.isDistinct }
    if strings.count == 0, codes == nil || codes?.isEmpty == true {
      if let otherCodes = other.codes {
        strings = other.strings
        codes = Array(otherCodes[range])
      } else {
        strings.append(other.strings, range)
        codes = nil
      }
      return
    }
    if codes == nil, other.codes == nil { return strings.append(other.strings, range) }
    // Codes from here on, for either may have them.
    var joined = codes ?? (0..<UInt32(strings.count)).map { $0 }
    codes = nil
    if let otherCodes = other.codes {
      if strings == other.strings {
        joined.append(contentsOf: otherCodes[range])
      } else {
        let base = UInt32(strings.count)
        strings.append(other.strings, 0..<other.strings.count)
        for index in range { joined.append(base + otherCodes[index]) }
      }
    } else {
      let base = UInt32(strings.count)
      strings.append(other.strings, range)
      joined.append(contentsOf: base..<base + UInt32(range.count))
    }
    codes = joined
  }
}
