extension IntegerPage {
  /// Reads `count` values and appends them to `output`.
  package static func decode(
    _ reader: inout ByteReader, count: Int, to output: inout [Int64], depth: Int = 0
  ) throws(FormatError) {
    let start = reader.offset
    let encoding = try reader.read(UInt8.self, "integer page encoding")
    switch encoding {
    case constant:
      let value = try reader.readSignedVarint("constant")
      output.append(contentsOf: repeatElement(value, count: count))
    case packed:
      let header = try PackedHeader(&reader, count: count)
      BitPacking.unpack(
        reader.bytes, header.fields, count: count, base: header.base, scale: header.scale, width: header.width,
        to: &output)
    case delta where depth < 2 && count > 0:
      var value = try reader.readSignedVarint("first value")
      let base = output.count
      output.append(value)
      try decode(&reader, count: count - 1, to: &output, depth: 2)
      for index in (base + 1)..<(base + count) {
        value = value &+ output[index]
        output[index] = value
      }
    case runs where depth == 0 && count > 0:
      let (values, ends) = try decodeRuns(&reader, count: count, start: start)
      var index = 0
      for (value, end) in zip(values, ends) {
        output.append(contentsOf: repeatElement(value, count: Int(end) - index))
        index = Int(end)
      }
    default:
      throw FormatError(offset: start, "integer page encoding \(encoding) is not allowed here")
    }
  }

  package static func decode(_ reader: inout ByteReader, count: Int) throws(FormatError) -> [Int64] {
    var output: [Int64] = []
    try decode(&reader, count: count, to: &output)
    return output
  }

  /// The values and ends of a runs page, checked to ascend to `count`.
  static func decodeRuns(
    _ reader: inout ByteReader, count: Int, start: Int
  ) throws(FormatError) -> (values: [Int64], ends: [Int64]) {
    let runCount = try reader.readCount("run count", limit: count)
    guard runCount > 0 else { throw FormatError(offset: start, "a runs page without runs") }
    var values: [Int64] = []
    var ends: [Int64] = []
    try decode(&reader, count: runCount, to: &values, depth: 1)
    try decode(&reader, count: runCount, to: &ends, depth: 1)
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
}
