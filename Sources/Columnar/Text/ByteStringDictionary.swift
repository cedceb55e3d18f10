/// Distinct byte strings, numbered in the order of their first appearance.
///
/// The one dictionary of the project: ids, dimensions, sources, scopes and metadata are all interned through it, in a
/// batch, in a memtable and in a row group. The strings lie end to end in one arena; an open-addressed table of codes
/// finds them. Nothing is allocated per string, and nothing per look-up.
@safe
package struct ByteStringDictionary: Sendable {
  /// All strings, end to end.
  package internal(set) var arena: [UInt8] = []
  /// Where each string ends in the arena.
  package internal(set) var ends: [UInt32] = []
  /// Of the string in that slot: its hash in the upper half, its code + 1 in the lower; 0 where the slot is free. A power of
  /// two long. Hash and code lie together, so that a look-up misses the cache once before it compares.
  var slots: [UInt64] = []

  package init() {}

  package var count: Int { ends.count }

  /// Bytes of memory held.
  package var memory: Int { arena.capacity + ends.capacity * 4 + slots.capacity * 8 }

  /// Where string `code` begins in the arena.
  @inline(__always)
  package func start(_ code: UInt32) -> Int { code == 0 ? 0 : Int(ends[Int(code) - 1]) }

  package func length(_ code: UInt32) -> Int { Int(ends[Int(code)]) - start(code) }

  package func bytes(_ code: UInt32) -> [UInt8] { Array(arena[start(code)..<Int(ends[Int(code)])]) }

  /// Appends the bytes of string `code`.
  package func copy(_ code: UInt32, to output: inout [UInt8]) {
    let range = start(code)..<Int(ends[Int(code)])
    unsafe arena.withUnsafeBytes { unsafe output.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// String `code` where it lies.
  package func slice(_ code: UInt32) -> ArraySlice<UInt8> { arena[start(code)..<Int(ends[Int(code)])] }

  package func text(_ code: UInt32) -> String {
    String(decoding: arena[start(code)..<Int(ends[Int(code)])], as: UTF8.self)
  }

  /// The code of `string`, given a new one where it was not there. Complexity: O(length), amortised.
  package mutating func intern(_ string: [UInt8]) -> UInt32 {
    unsafe string.withUnsafeBytes { unsafe intern($0) }
  }

  package mutating func intern(_ string: Bytes) -> UInt32 {
    unsafe string.withUnsafeBytes { unsafe intern($0) }
  }

  package mutating func intern(_ text: String) -> UInt32 {
    var text = text
    return text.withUTF8 { source in unsafe intern(UnsafeRawBufferPointer(source)) }
  }

  /// Interns string `code` of another dictionary.
  package mutating func intern(_ code: UInt32, of other: ByteStringDictionary) -> UInt32 {
    let from = other.start(code)
    let length = Int(other.ends[Int(code)]) - from
    return unsafe other.arena.withUnsafeBytes { source in
      unsafe intern(UnsafeRawBufferPointer(rebasing: source[from..<from + length]))
    }
  }

  @unsafe
  package mutating func intern(_ string: UnsafeRawBufferPointer) -> UInt32 {
    if (ends.count + 1) * 4 > slots.count * 3 { grow() }
    return unsafe intern(string, hash: Self.hash(string))
  }

  /// Interns a string whose hash is known; there is a free slot for it.
  @unsafe
  mutating func intern(_ string: UnsafeRawBufferPointer, hash: UInt32) -> UInt32 {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let stored = slots[slot]
      if stored == 0 { break }
      let code = UInt32(truncatingIfNeeded: stored) &- 1
      if UInt32(truncatingIfNeeded: stored >> 32) == hash, unsafe equals(code, string) { return code }
      slot = (slot + 1) & mask
    }
    let code = UInt32(ends.count)
    unsafe arena.append(contentsOf: string)
    precondition(arena.count <= Int(UInt32.max), "a dictionary holds at most 4 GiB")
    ends.append(UInt32(arena.count))
    slots[slot] = UInt64(hash) << 32 | UInt64(code + 1)
    return code
  }

  /// The code of `string`, or nil where it is not there.
  package func find(_ string: [UInt8]) -> UInt32? {
    unsafe string.withUnsafeBytes { unsafe find($0) }
  }

  package func find(_ string: Bytes) -> UInt32? {
    unsafe string.withUnsafeBytes { unsafe find($0) }
  }

  @unsafe
  package func find(_ string: UnsafeRawBufferPointer) -> UInt32? {
    unsafe find(string, hash: Self.hash(string))
  }

  /// The same for a string whose hash is known.
  package func find(_ string: Bytes, hash: UInt32) -> UInt32? {
    unsafe string.withUnsafeBytes { unsafe find($0, hash: hash) }
  }

  /// Asks for the memory where a look-up will begin, so that the waits of several overlap.
  @inline(__always)
  package func prefetch(hash: UInt32) {
    if !slots.isEmpty { slots.prefetch(Int(truncatingIfNeeded: hash) & (slots.count - 1)) }
  }

  @unsafe
  private func find(_ string: UnsafeRawBufferPointer, hash: UInt32) -> UInt32? {
    guard !slots.isEmpty else { return nil }
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let stored = slots[slot]
      if stored == 0 { return nil }
      let code = UInt32(truncatingIfNeeded: stored) &- 1
      if UInt32(truncatingIfNeeded: stored >> 32) == hash, unsafe equals(code, string) { return code }
      slot = (slot + 1) & mask
    }
  }

  /// Bytewise order of two of its strings.
  package func compare(_ a: UInt32, _ b: UInt32) -> Int {
    let aStart = start(a)
    let bStart = start(b)
    let aLength = Int(ends[Int(a)]) - aStart
    let bLength = Int(ends[Int(b)]) - bStart
    let common = unsafe arena.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return 0 }
      return unsafe memoryCompare(base + aStart, base + bStart, min(aLength, bLength))
    }
    return common != 0 ? common : aLength - bLength
  }

  /// Whether a string equals one of another dictionary.
  package func equals(_ code: UInt32, _ other: ByteStringDictionary, _ otherCode: UInt32) -> Bool {
    let from = other.start(otherCode)
    let length = other.length(otherCode)
    return unsafe other.arena.withUnsafeBytes { source in
      unsafe equals(code, UnsafeRawBufferPointer(rebasing: source[from..<from + length]))
    }
  }

  /// The code of string `code` of another dictionary, or nil where it is not there.
  package func find(_ code: UInt32, of other: ByteStringDictionary) -> UInt32? {
    let from = other.start(code)
    let length = other.length(code)
    return unsafe other.arena.withUnsafeBytes { source in
      unsafe find(UnsafeRawBufferPointer(rebasing: source[from..<from + length]))
    }
  }

  /// The place of every code in bytewise order: `ranks[code]` strings stand before it. Complexity: O(n log n).
  package func ranks() -> [UInt32] {
    let order = sortedCodes()
    var ranks = [UInt32](repeating: 0, count: order.count)
    for (rank, code) in order.enumerated() { ranks[Int(code)] = UInt32(rank) }
    return ranks
  }

  /// All codes in the bytewise order of their strings.
  package func sortedCodes() -> [UInt32] {
    // The first eight bytes decide nearly always, so sort pairs of a big-endian prefix and a code.
    var keyed: [(prefix: UInt64, code: UInt32)] = []
    keyed.reserveCapacity(count)
    for code in 0..<UInt32(count) { keyed.append((prefix(code), code)) }
    keyed.sort { a, b in
      a.prefix != b.prefix ? a.prefix < b.prefix : compare(a.code, b.code) < 0
    }
    return keyed.map(\.code)
  }

  /// Forgets all strings and keeps the memory.
  package mutating func removeAll() {
    guard count > 0 else { return }
    arena.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    unsafe slots.withUnsafeMutableBufferPointer { unsafe $0.update(repeating: 0) }
  }

  package static func hash(_ string: Bytes) -> UInt32 { unsafe string.withUnsafeBytes { unsafe hash($0) } }

  /// The hash of a string within this process; never stored.
  @inline(__always) @unsafe
  package static func hash(_ string: UnsafeRawBufferPointer) -> UInt32 {
    let count = string.count
    guard count > 0, let base = string.baseAddress else { return 0x5bd1_e995 }
    var hash = UInt64(count) &* 0x9E37_79B9_7F4A_7C15
    if count >= 8 {
      var offset = 0
      while offset &+ 16 <= count {
        hash = foldedMultiply(
          unsafe hash ^ base.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
          unsafe base.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self) ^ 0xA076_1D64_78BD_642F)
        offset &+= 16
      }
      if count &- offset > 8 {
        hash = foldedMultiply(
          unsafe hash ^ base.loadUnaligned(fromByteOffset: offset, as: UInt64.self), 0xA076_1D64_78BD_642F)
      }
      hash = foldedMultiply(
        unsafe hash ^ base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self), 0xE703_7ED1_A0B4_28DB)
    } else {
      var tail: UInt64 = 0
      for index in 0..<count { unsafe tail |= UInt64(string[index]) << UInt64(8 * index) }
      hash = foldedMultiply(hash ^ tail, 0xE703_7ED1_A0B4_28DB)
    }
    return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
  }

  private func equals(_ code: UInt32, _ string: UnsafeRawBufferPointer) -> Bool {
    let from = start(code)
    let length = Int(ends[Int(code)]) - from
    guard length == string.count else { return false }
    guard length > 0, let other = string.baseAddress else { return true }
    return unsafe arena.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return false }
      return unsafe sameBytes(base + from, other, length)
    }
  }

  private func prefix(_ code: UInt32) -> UInt64 {
    let from = start(code)
    let length = min(8, Int(ends[Int(code)]) - from)
    var value: UInt64 = 0
    for index in 0..<length { value |= UInt64(arena[from + index]) << UInt64(56 - 8 * index) }
    return value
  }

  private mutating func grow() { rehash(max(16, slots.count * 2)) }

  /// Gives the table `capacity` slots, a power of two.
  mutating func rehash(_ capacity: Int) {
    assert(!slots.isEmpty || ends.isEmpty, "a dictionary without a table is only read")
    let old = slots
    slots = [UInt64](repeating: 0, count: capacity)
    let mask = capacity - 1
    for stored in old where stored != 0 {
      var slot = Int(truncatingIfNeeded: stored >> 32) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = stored
    }
  }
}

/// Whether two ranges of at least one byte are equal: for strings this short, words beat a call of `memcmp`.
@inlinable @inline(__always) @unsafe
package func sameBytes(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
  guard count >= 8 else {
    for index in 0..<count
    where unsafe a.load(fromByteOffset: index, as: UInt8.self) != b.load(fromByteOffset: index, as: UInt8.self) {
      return false
    }
    return true
  }
  var offset = 0
  while offset &+ 8 <= count {
    let left = unsafe a.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    if unsafe left != b.loadUnaligned(fromByteOffset: offset, as: UInt64.self) { return false }
    offset &+= 8
  }
  let left = unsafe a.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
  return unsafe left == b.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
}
