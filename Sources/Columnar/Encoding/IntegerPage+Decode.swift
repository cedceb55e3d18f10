extension IntegerPage {
  /// Reads `count` values and appends them to `output`.
  package static func decode(
    _ reader: inout ByteReader, count: Int, to output: inout [Int64]
  ) throws(FormatError) {
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: count))
    try unsafe output.withUnsafeMutableBufferPointer { buffer throws(FormatError) in
      try unsafe decode(&reader, into: UnsafeMutableBufferPointer(rebasing: buffer[start...]))
    }
  }

  package static func decode(_ reader: inout ByteReader, count: Int) throws(FormatError) -> [Int64] {
    try decode(&reader, count: count, depth: 0)
  }

  /// Reads `count` values into the memory of `output`, which it makes longer only where they do not fit; `output` then
  /// holds them alone.
  package static func decode(
    _ reader: inout ByteReader, count: Int, replacing output: inout [Int64]
  ) throws(FormatError) {
    if output.count > count { output.removeLast(output.count - count) }
    if output.count < count { output.append(contentsOf: repeatElement(0, count: count - output.count)) }
    try unsafe output.withUnsafeMutableBufferPointer { buffer throws(FormatError) in
      try unsafe decode(&reader, into: buffer)
    }
  }

  static func decode(_ reader: inout ByteReader, count: Int, depth: Int) throws(FormatError) -> [Int64] {
    var output = [Int64](repeating: 0, count: count)
    try unsafe output.withUnsafeMutableBufferPointer { buffer throws(FormatError) in
      try unsafe decode(&reader, into: buffer, depth: depth)
    }
    return output
  }

  /// Reads as many values as `target` has room for.
  @unsafe
  package static func decode(
    _ reader: inout ByteReader, into target: UnsafeMutableBufferPointer<Int64>, depth: Int = 0
  ) throws(FormatError) {
    let start = reader.offset
    let count = target.count
    let encoding = try reader.read(UInt8.self, "integer page encoding")
    switch encoding {
    case constant:
      let value = try reader.readSignedVarint("constant")
      unsafe target.update(repeating: value)
    case packed:
      let header = try PackedHeader(&reader, count: count)
      unsafe BitPacking.unpack(
        reader.bytes, header.fields, base: header.base, scale: header.scale, width: header.width, into: target)
    case delta where depth < 2 && count > 0:
      var value = try reader.readSignedVarint("first value")
      unsafe target[0] = value
      try unsafe decode(&reader, into: UnsafeMutableBufferPointer(rebasing: target[1...]), depth: 2)
      for index in 1..<count {
        value = unsafe value &+ target[index]
        unsafe target[index] = value
      }
    case runs where depth == 0 && count > 0:
      let (values, ends) = try decodeRuns(&reader, count: count, start: start)
      var index = 0
      for (value, end) in zip(values, ends) {
        while index < Int(end) {
          unsafe target[index] = value
          index += 1
        }
      }
    case markedRuns where depth == 0 && count > 0:
      let marks = try MarkedRuns(&reader, count: count)
      var run = -1
      for first in stride(from: 0, to: count, by: 64) {
        var word = marks.word(first)
        for index in first..<min(count, first + 64) {
          run &+= Int(word & 1)
          word >>= 1
          unsafe target[index] = marks.values[run]
        }
      }
    case blocks where depth == 0 && count > 0:
      let blocks = try Blocks(&reader, count: count)
      unsafe blocks.unpack(reader.bytes, into: target)
    default:
      throw FormatError(offset: start, "integer page encoding \(encoding) is not allowed here")
    }
  }

  /// The values and ends of a runs page, checked to ascend to `count`.
  static func decodeRuns(
    _ reader: inout ByteReader, count: Int, start: Int
  ) throws(FormatError) -> (values: [Int64], ends: [Int64]) {
    let runCount = try reader.readCount("run count", limit: count)
    guard runCount > 0 else { throw FormatError(offset: start, "a runs page without runs") }
    let values = try decode(&reader, count: runCount, depth: 1)
    let ends = try decode(&reader, count: runCount, depth: 1)
    var previous: Int64 = 0
    for end in ends {
      guard end > previous else { throw FormatError(offset: start, "run ends do not ascend") }
      previous = end
    }
    guard previous == Int64(count) else {
      throw FormatError(offset: start, "runs cover \(previous) values of \(count)")
    }
    return (values, ends)
  }

  /// The header of a packed page; reading it leaves the reader behind the page.
  struct PackedHeader {
    let width: Int
    let base: Int64
    let scale: UInt64
    /// Where the fields begin.
    let fields: Int

    init(_ reader: inout ByteReader, count: Int) throws(FormatError) {
      let start = reader.offset
      width = Int(try reader.read(UInt8.self, "width"))
      let reserved16 = try reader.read(UInt16.self, "reserved")
      let reserved32 = try reader.read(UInt32.self, "reserved")
      base = try reader.read(Int64.self, "base")
      scale = try reader.read(UInt64.self, "scale")
      guard width <= 56 || width == 64 else { throw FormatError(offset: start, "bit width \(width)") }
      guard reserved16 == 0, reserved32 == 0 else { throw FormatError(offset: start, "reserved bytes are not zero") }
      guard scale > 0 else { throw FormatError(offset: start, "scale 0") }
      fields = reader.offset
      _ = try reader.readBytes(BitPacking.length(count: count, width: width), "packed fields")
    }
  }

  /// A page of marked runs; reading it leaves the reader behind the page.
  final class MarkedRuns: Sendable {
    let values: [Int64]
    private let bytes: Bytes
    /// Where the marks begin.
    private let marks: Int
    /// Marks before every word of 64.
    private let ranks: [UInt32]

    init(_ reader: inout ByteReader, count: Int) throws(FormatError) {
      let start = reader.offset
      let runCount = try reader.readCount("run count", limit: count)
      guard runCount > 0 else { throw FormatError(offset: start, "a runs page without runs") }
      values = try IntegerPage.decode(&reader, count: runCount, depth: 1)
      bytes = reader.bytes
      marks = reader.offset
      _ = try reader.readBytes(BitPacking.length(count: count, width: 1), "marks")
      var ranks: [UInt32] = []
      ranks.reserveCapacity((count + 63) / 64)
      var rank: UInt32 = 0
      for first in stride(from: 0, to: count, by: 64) {
        ranks.append(rank)
        var word = bytes.load(marks + first / 8, as: UInt64.self)
        // The bits behind the last mark are padding.
        if count - first < 64 { word &= (1 << UInt64(count - first)) - 1 }
        rank += UInt32(word.nonzeroBitCount)
      }
      guard rank == UInt32(runCount), bytes[marks] & 1 == 1 else {
        throw FormatError(offset: start, "\(rank) marks for \(runCount) runs, or none at the first value")
      }
      self.ranks = ranks
    }

    /// The marks of 64 values from `first` on, a multiple of 64; the first value's mark is the lowest bit.
    func word(_ first: Int) -> UInt64 { bytes.load(marks + first / 8, as: UInt64.self) }

    subscript(index: Int) -> Int64 {
      let upTo = word(index / 64 * 64) << UInt64(63 - index % 64)
      return values[Int(ranks[index / 64]) + upTo.nonzeroBitCount - 1]
    }
  }

  /// The directory of a page of blocks; reading it leaves the reader behind the page.
  struct Blocks: Sendable {
    /// Side by side, so that a look at one value waits for one line of it.
    struct Block: Sendable {
      let base: Int64
      /// Where its fields begin.
      let fields: Int
      let width: Int
    }

    let scale: UInt64
    let blocks: [Block]

    init(_ reader: inout ByteReader, count: Int) throws(FormatError) {
      let start = reader.offset
      scale = try reader.read(UInt64.self, "scale")
      guard scale > 0 else { throw FormatError(offset: start, "scale 0") }
      let blockCount = (count + blockLength - 1) / blockLength
      let bases = try IntegerPage.decode(&reader, count: blockCount, depth: 1)
      // The fields follow the widths.
      var next = reader.offset + blockCount
      var blocks: [Block] = []
      blocks.reserveCapacity(blockCount)
      for block in 0..<blockCount {
        let width = Int(try reader.read(UInt8.self, "width"))
        guard width <= 56 || width == 64 else { throw FormatError(offset: start, "bit width \(width)") }
        blocks.append(Block(base: bases[block], fields: next, width: width))
        next += (min(blockLength, count - block * blockLength) * width + 7) / 8
      }
      _ = try reader.readBytes(next - reader.offset + BitPacking.padding, "fields of blocks")
      self.blocks = blocks
    }

    /// Writes the values of all blocks.
    @unsafe
    func unpack(_ bytes: Bytes, into target: UnsafeMutableBufferPointer<Int64>) {
      unsafe Self.unpack(blocks, scale: scale, bytes, into: target)
    }

    @unsafe
    static func unpack(
      _ blocks: [Block], scale: UInt64, _ bytes: Bytes, into target: UnsafeMutableBufferPointer<Int64>
    ) {
      for (number, block) in blocks.enumerated() {
        let from = number * blockLength
        let part = unsafe UnsafeMutableBufferPointer(rebasing: target[from..<min(target.count, from + blockLength)])
        unsafe BitPacking.unpack(
          bytes, block.fields, base: block.base, scale: scale, width: block.width, into: part)
      }
    }
  }
}
