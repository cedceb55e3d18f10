/// Random access to an integer page without decoding all of it.
///
/// Constant and packed pages, blocks and marked runs answer in O(1), runs in O(log runs); a delta page is decoded once.
package struct IntegerPageView: Sendable {
  private enum Form: Sendable {
    case constant(Int64)
    case packed(base: Int64, scale: Int64, width: Int, fields: Int)
    case decoded([Int64])
    case runs(values: [Int64], ends: [Int64])
    case markedRuns(IntegerPage.MarkedRuns)
    case blocks(IntegerPage.Blocks)
  }

  private let form: Form
  private let bytes: Bytes
  package let count: Int

  package init(_ bytes: Bytes, count: Int) throws(FormatError) {
    var reader = ByteReader(bytes)
    try self.init(&reader, count: count)
    try reader.expectEnd("integer page")
  }

  /// Reads one page and leaves the reader behind it.
  package init(_ reader: inout ByteReader, count: Int) throws(FormatError) {
    bytes = reader.bytes
    self.count = count
    let start = reader.offset
    try reader.need(1, "integer page encoding")
    switch bytes[start] {
    case IntegerPage.constant:
      reader.offset += 1
      form = .constant(try reader.readSignedVarint("constant"))
    case IntegerPage.packed:
      reader.offset += 1
      let header = try IntegerPage.PackedHeader(&reader, count: count)
      form = .packed(
        base: header.base, scale: Int64(bitPattern: header.scale), width: header.width, fields: header.fields)
    case IntegerPage.runs where count > 0:
      reader.offset += 1
      let (values, ends) = try IntegerPage.decodeRuns(&reader, count: count, start: start)
      form = .runs(values: values, ends: ends)
    case IntegerPage.markedRuns where count > 0:
      reader.offset += 1
      form = .markedRuns(try IntegerPage.MarkedRuns(&reader, count: count))
    case IntegerPage.blocks where count > 0:
      reader.offset += 1
      form = .blocks(try IntegerPage.Blocks(&reader, count: count))
    default:
      form = Self.compact(try IntegerPage.decode(&reader, count: count))
    }
  }

  /// Decoded values, as runs where these are few: views are kept, and sorted codes change seldom.
  private static func compact(_ decoded: [Int64]) -> Form {
    var runs = 1
    for index in decoded.indices.dropFirst() where decoded[index] != decoded[index - 1] { runs += 1 }
    guard !decoded.isEmpty, runs * 4 < decoded.count else { return .decoded(decoded) }
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
    return .runs(values: values, ends: ends)
  }

  /// Bytes held beside those of the page.
  package var memory: Int {
    switch form {
    case .constant, .packed: 0
    case .decoded(let values): values.count * 8
    case .runs(let values, let ends): (values.count + ends.count) * 8
    case .markedRuns(let runs): runs.values.count * 8 + count / 16
    case .blocks(let blocks): blocks.bases.count * 24
    }
  }

  package subscript(index: Int) -> Int64 {
    precondition(index >= 0 && index < count, "value index out of bounds")
    switch form {
    case .constant(let value):
      return value
    case .packed(let base, let scale, let width, let fields):
      return base &+ scale &* Int64(bitPattern: BitPacking.field(bytes, fields, index: index, width: width))
    case .decoded(let values):
      return values[index]
    case .markedRuns(let runs): return runs[index]
    case .blocks(let blocks): return blocks.value(bytes, index)
    case .runs(let values, let ends):
      var low = 0
      var high = ends.count
      while low < high {
        let middle = (low + high) / 2
        if ends[middle] <= Int64(index) { low = middle + 1 } else { high = middle }
      }
      return values[low]
    }
  }

  /// Appends the values of a range.
  package func append(_ range: Range<Int>, to output: inout [Int64]) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
    switch form {
    case .constant(let value): output.append(contentsOf: repeatElement(value, count: range.count))
    case .decoded(let values): output.append(contentsOf: values[range])
    case .packed(let base, let scale, let width, let fields):
      if range == 0..<count { return appendAll(to: &output) }
      for index in range {
        output.append(
          base &+ scale &* Int64(bitPattern: BitPacking.field(bytes, fields, index: index, width: width)))
      }
    case .blocks(let blocks):
      if range == 0..<count { return appendAll(to: &output) }
      for index in range { output.append(blocks.value(bytes, index)) }
    case .markedRuns(let runs): for index in range { output.append(runs[index]) }
    case .runs: for index in range { output.append(self[index]) }
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
    switch form {
    case .packed(let base, let scale, let width, let fields):
      unsafe BitPacking.unpack(
        bytes, fields, base: base, scale: UInt64(bitPattern: scale), width: width, into: target)
    case .blocks(let blocks): unsafe blocks.unpack(bytes, into: target)
    default: break
    }
  }
}
