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
      var shared = 0
      let most = min(before.count, current.count)
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

  static func decodeDeltas(
    _ bytes: Bytes, at offset: Int, count: Int, limit: Int, to strings: inout ByteStrings
  ) throws(FormatError) {
    var prefixes: [Int64] = []
    let next = try DeltaEncoding.decode(bytes, at: offset, expected: count, to: &prefixes)
    var suffixes = ByteStrings()
    try decodeLengths(bytes, at: next, count: count, limit: limit, to: &suffixes)
    var before = 0..<0
    for index in 0..<count {
      let shared = Int(prefixes[index])
      guard shared >= 0, shared <= before.count else {
        throw FormatError(offset: offset, "a string shares \(shared) bytes with one of \(before.count)")
      }
      let start = strings.arena.count
      let suffix = suffixes.range(index)
      guard start + shared + suffix.count <= limit else {
        throw FormatError(offset: offset, "strings of more than \(limit) bytes")
      }
      strings.arena.append(contentsOf: strings.arena[before.lowerBound..<before.lowerBound + shared])
      strings.arena.append(contentsOf: suffixes.arena[suffix])
      strings.ends.append(UInt32(strings.arena.count))
      before = start..<strings.arena.count
    }
  }
}
