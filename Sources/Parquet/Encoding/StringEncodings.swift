import Columnar

/// Byte strings with their lengths apart, and with what they share with the one before left out.
///
/// Source: Encodings.md, "Delta-length byte array" and "Delta Strings".
enum StringEncodings {
  // MARK: Writing

  static func appendLengths(_ column: ByteColumn, _ range: Range<Int>, to output: inout [UInt8]) {
    let lengths = range.map { Int64(column.strings.length(column.string($0))) }
    DeltaEncoding.append(lengths, 0..<lengths.count, bits: 32, to: &output)
    for index in range { output.append(contentsOf: column.strings.arena[column.strings.range(column.string(index))]) }
  }

  /// `place` tells where value `index` lies in `arena`.
  static func appendDeltas(
    _ arena: [UInt8], _ range: Range<Int>, to output: inout [UInt8], _ place: (Int) -> Range<Int>
  ) {
    var prefixes: [Int64] = []
    var lengths: [Int64] = []
    var suffixes: [Range<Int>] = []
    var before = 0..<0
    for index in range {
      let current = place(index)
      let most = min(before.count, current.count)
      var shared = before == current ? most : 0
      while shared < most, arena[before.lowerBound + shared] == arena[current.lowerBound + shared] { shared += 1 }
      prefixes.append(Int64(shared))
      lengths.append(Int64(current.count - shared))
      suffixes.append(current.lowerBound + shared..<current.upperBound)
      before = current
    }
    DeltaEncoding.append(prefixes, 0..<prefixes.count, bits: 32, to: &output)
    DeltaEncoding.append(lengths, 0..<lengths.count, bits: 32, to: &output)
    for suffix in suffixes { output.append(contentsOf: arena[suffix]) }
  }

  // MARK: Reading

  /// Appends strings from `offset` on.
  static func decodeLengths(
    _ bytes: Bytes, at offset: Int, count: Int, limit: Int, to strings: inout ByteStrings
  ) throws(FormatError) {
    var lengths: [Int64] = []
    var position = try DeltaEncoding.decode(bytes, at: offset, expected: count, to: &lengths)
    let first = position
    var end = strings.arena.count
    for length in lengths {
      guard length >= 0, length <= Int64(bytes.count - position) else {
        throw FormatError(offset: position, "a string of \(length) bytes, \(bytes.count - position) are left")
      }
      position += Int(length)
      end += Int(length)
      guard end <= limit else { throw FormatError(offset: position, "strings of more than \(limit) bytes") }
      strings.ends.append(UInt32(end))
    }
    unsafe bytes.withUnsafeBytes { source in
      unsafe strings.arena.append(contentsOf: UnsafeRawBufferPointer(rebasing: source[first..<position]))
    }
  }

  /// Appends strings from `offset` on. Where there are codes, a string that is no other than the one before gets the code of
  /// that and is not stored again; `beginsCodes` lets the first such string begin them, where there are no strings yet.
  static func decodeDeltas(
    _ bytes: Bytes, at offset: Int, count: Int, limit: Int, to strings: inout ByteStrings, codes: inout [UInt32]?,
    beginsCodes: Bool
  ) throws(FormatError) {
    var shared: [Int64] = []
    let next = try DeltaEncoding.decode(bytes, at: offset, expected: count, to: &shared)
    var lengths: [Int64] = []
    let first = try DeltaEncoding.decode(bytes, at: next, expected: count, to: &lengths)
    let sizes = try stringSizes(shared, lengths, left: bytes.count - first, offset)
    if beginsCodes, codes == nil, strings.count == 0, sizes.repeated > 0 { codes = [] }
    let storesAll = codes == nil
    let size = storesAll ? sizes.all : sizes.distinct
    guard size <= limit - strings.arena.count else {
      throw FormatError(offset: offset, "strings of more than \(limit) bytes")
    }
    let base = strings.arena.count
    var ends: [UInt32] = []
    ends.reserveCapacity(storesAll ? count : count - sizes.repeated)
    // What is shared and how long the rest is was found to lie within the strings and the bytes.
    let block = unsafe [UInt8](unsafeUninitializedCapacity: max(1, size)) { target, filled in
      unsafe bytes.withUnsafeBytes { source in
        guard let from = source.baseAddress, let to = UnsafeMutableRawPointer(target.baseAddress) else {
          preconditionFailure("no memory")
        }
        var (start, end, rest) = (0, 0, first)
        for index in 0..<count {
          let (common, length) = (Int(shared[index]), Int(lengths[index]))
          if storesAll || index == 0 || length > 0 || common < end &- start {
            unsafe (to + end).copyMemory(from: to + start, byteCount: common)
            unsafe (to + end + common).copyMemory(from: from + rest, byteCount: length)
            start = end
            end &+= common &+ length
            rest &+= length
            ends.append(UInt32(truncatingIfNeeded: base &+ end))
          }
          codes?.append(UInt32(truncatingIfNeeded: strings.count &+ ends.count &- 1))
        }
      }
      filled = size
    }
    if base == 0 { strings.arena = block } else { strings.arena.append(contentsOf: block) }
    if strings.ends.isEmpty { strings.ends = ends } else { strings.ends.append(contentsOf: ends) }
  }

  /// What strings take, `left` bytes of which are told, all of them and without those that are no other than the one before.
  private static func stringSizes(
    _ shared: [Int64], _ lengths: [Int64], left: Int, _ offset: Int
  ) throws(FormatError) -> (all: Int, distinct: Int, repeated: Int) {
    var sizes = (all: 0, distinct: 0, repeated: 0)
    var left = left
    var before = 0
    for index in shared.indices {
      guard shared[index] >= 0, shared[index] <= Int64(before) else {
        throw FormatError(offset: offset, "a string shares \(shared[index]) bytes with one of \(before)")
      }
      guard lengths[index] >= 0, lengths[index] <= Int64(left) else {
        throw FormatError(offset: offset, "a string of \(lengths[index]) bytes, \(left) are left")
      }
      left -= Int(lengths[index])
      let length = Int(shared[index]) + Int(lengths[index])
      let isRepeated = index > 0 && lengths[index] == 0 && length == before
      before = length
      let (sum, overflow) = sizes.all.addingReportingOverflow(length)
      guard !overflow else { throw FormatError(offset: offset, "strings of too many bytes") }
      sizes.all = sum
      if isRepeated { sizes.repeated += 1 } else { sizes.distinct += length }
    }
    return sizes
  }
}
