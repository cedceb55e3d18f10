/// Random access to an integer page without decoding all of it.
///
/// Constant and packed pages, blocks and marked runs answer in O(1), runs in O(log runs); a delta page is decoded once.
///
/// An object of plain fields: views are taken out of arrays at every read, and to look into the payload of an enumeration
/// copies it, with a count up and down for everything in it.
package final class IntegerPageView: Sendable {
  private enum Form: Sendable {
    case constant
    case packed
    case decoded
    case runs
    case markedRuns
    case blocks
  }

  private let form: Form
  package let count: Int
  /// The page, with what stands before and behind it.
  package let bytes: Bytes
  /// Of packed fields; of a constant page its value.
  private let base: Int64
  /// Of packed fields and of blocks.
  private let scale: Int64
  private let width: Int
  private let fields: Int
  private let blocks: [IntegerPage.Blocks.Block]
  /// Of all places, or of runs.
  private let values: [Int64]
  private let ends: [Int64]
  private let marks: IntegerPage.MarkedRuns?

  package convenience init(_ bytes: Bytes, count: Int) throws(FormatError) {
    var reader = ByteReader(bytes)
    try self.init(&reader, count: count)
    try reader.expectEnd("integer page")
  }

  /// Reads one page and leaves the reader behind it.
  package init(_ reader: inout ByteReader, count: Int) throws(FormatError) {
    let start = reader.offset
    try reader.need(1, "integer page encoding")
    var (base, scale, width, fields) = (Int64(0), Int64(0), 0, 0)
    var blocks: [IntegerPage.Blocks.Block] = []
    var values: [Int64] = []
    var ends: [Int64] = []
    var marks: IntegerPage.MarkedRuns?
    switch reader.bytes[start] {
    case IntegerPage.constant:
      reader.offset += 1
      form = .constant
      base = try reader.readSignedVarint("constant")
    case IntegerPage.packed:
      reader.offset += 1
      let header = try IntegerPage.PackedHeader(&reader, count: count)
      form = .packed
      (base, scale, width, fields) = (header.base, Int64(bitPattern: header.scale), header.width, header.fields)
    case IntegerPage.runs where count > 0:
      reader.offset += 1
      form = .runs
      (values, ends) = try IntegerPage.decodeRuns(&reader, count: count, start: start)
    case IntegerPage.markedRuns where count > 0:
      reader.offset += 1
      form = .markedRuns
      marks = try IntegerPage.MarkedRuns(&reader, count: count)
    case IntegerPage.blocks where count > 0:
      reader.offset += 1
      form = .blocks
      let read = try IntegerPage.Blocks(&reader, count: count)
      (blocks, scale) = (read.blocks, Int64(bitPattern: read.scale))
    default:
      values = try IntegerPage.decode(&reader, count: count)
      if let runs = Self.runs(of: values) {
        form = .runs
        (values, ends) = runs
      } else {
        form = .decoded
      }
    }
    bytes = reader.bytes
    self.count = count
    self.base = base
    self.scale = scale
    self.width = width
    self.fields = fields
    self.blocks = blocks
    self.values = values
    self.ends = ends
    self.marks = marks
  }

  /// Decoded values as runs, where these are few: views are kept, and sorted codes change seldom.
  private static func runs(of decoded: [Int64]) -> (values: [Int64], ends: [Int64])? {
    var runs = 1
    for index in decoded.indices.dropFirst() where decoded[index] != decoded[index - 1] { runs += 1 }
    guard !decoded.isEmpty, runs * 4 < decoded.count else { return nil }
    var values: [Int64] = []
    var ends: [Int64] = []
    values.reserveCapacity(runs)
    ends.reserveCapacity(runs)
    for (index, value) in decoded.enumerated() {
      if index > 0, value == decoded[index - 1] {
        ends[ends.count - 1] = Int64(index + 1)
      } else {
        values.append(value)
        ends.append(Int64(index + 1))
      }
    }
    return (values, ends)
  }

  /// Bytes held beside those of the page.
  package var memory: Int {
    (values.count + ends.count) * 8 + blocks.count * MemoryLayout<IntegerPage.Blocks.Block>.stride
      + (marks.map { $0.values.count * 8 + count / 16 } ?? 0)
  }

  package subscript(index: Int) -> Int64 {
    precondition(index >= 0 && index < count, "value index out of bounds")
    switch form {
    case .constant: return base
    case .packed: return packedValue(index)
    case .decoded: return values[index]
    case .blocks: return blockValue(index)
    case .markedRuns: return marks?[index] ?? 0
    case .runs:
      var low = 0
      var high = ends.count
      while low < high {
        let middle = (low + high) / 2
        if ends[middle] <= Int64(index) { low = middle + 1 } else { high = middle }
      }
      return values[low]
    }
  }

  @inline(__always)
  private func packedValue(_ index: Int) -> Int64 {
    base &+ scale &* Int64(bitPattern: BitPacking.field(bytes, fields, index: index, width: width))
  }

  @inline(__always)
  private func blockValue(_ index: Int) -> Int64 {
    let block = blocks[index / IntegerPage.blockLength]
    let field = BitPacking.field(bytes, block.fields, index: index % IntegerPage.blockLength, width: block.width)
    return block.base &+ scale &* Int64(bitPattern: field)
  }

  /// Asks for what a look at a value waits for, in two steps: where its field lies, and the field.
  package func prefetch(_ index: Int) {
    switch form {
    case .packed: bytes.prefetch(fields + index * width / 8)
    case .blocks: blocks.prefetch(index / IntegerPage.blockLength)
    case .decoded: values.prefetch(index)
    case .constant, .runs, .markedRuns: break
    }
  }

  package func prefetchField(_ index: Int) {
    guard form == .blocks else { return }
    let block = blocks[index / IntegerPage.blockLength]
    bytes.prefetch(block.fields + index % IntegerPage.blockLength * block.width / 8)
  }

  /// Appends the values of a range.
  package func append(_ range: Range<Int>, to output: inout [Int64]) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
    switch form {
    case .constant: output.append(contentsOf: repeatElement(base, count: range.count))
    case .decoded: output.append(contentsOf: values[range])
    case .packed:
      if range == 0..<count { return appendAll(to: &output) }
      for index in range { output.append(packedValue(index)) }
    case .blocks:
      if range == 0..<count { return appendAll(to: &output) }
      for index in range { output.append(blockValue(index)) }
    case .markedRuns, .runs: for index in range { output.append(self[index]) }
    }
  }

  /// Appends all values of packed fields.
  private func appendAll(to output: inout [Int64]) {
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: count))
    unsafe output.withUnsafeMutableBufferPointer { target in
      unsafe unpack(into: UnsafeMutableBufferPointer(rebasing: target[start...]))
    }
  }

  /// Writes all values of packed fields.
  @unsafe
  private func unpack(into target: UnsafeMutableBufferPointer<Int64>) {
    guard form == .blocks else {
      unsafe BitPacking.unpack(
        bytes, fields, base: base, scale: UInt64(bitPattern: scale), width: width, into: target)
      return
    }
    unsafe IntegerPage.Blocks.unpack(blocks, scale: UInt64(bitPattern: scale), bytes, into: target)
  }
}
