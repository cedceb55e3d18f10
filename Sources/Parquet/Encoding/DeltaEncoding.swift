import Columnar

/// Integers as differences, bit-packed in blocks with widths of their own.
///
/// Source: Encodings.md, "Delta Encoding".
enum DeltaEncoding {
  private static let blockLength = 128
  private static let partLength = 32

  // MARK: Writing

  /// Appends integers; those of 32 bits wrap around at 32 bits, so that no difference takes more.
  static func append(_ values: [Int64], _ range: Range<Int>, bits: Int, to output: inout [UInt8]) {
    var writer = ByteWriter()
    writer.appendVarint(blockLength)
    writer.appendVarint(blockLength / partLength)
    writer.appendVarint(range.count)
    writer.appendSignedVarint(range.isEmpty ? 0 : values[range.lowerBound])
    output.append(contentsOf: writer.bytes)
    guard range.count > 1 else { return }
    var differences = [Int64](repeating: 0, count: blockLength)
    var next = range.lowerBound + 1
    while next < range.upperBound {
      let count = min(blockLength, range.upperBound - next)
      var smallest = Int64.max
      for index in 0..<count {
        let difference = values[next + index] &- values[next + index - 1]
        differences[index] = bits == 32 ? Int64(Int32(truncatingIfNeeded: difference)) : difference
        smallest = min(smallest, differences[index])
      }
      appendBlock(differences, count, smallest, &output)
      next += count
    }
  }

  private static func appendBlock(_ differences: [Int64], _ count: Int, _ smallest: Int64, _ output: inout [UInt8]) {
    var writer = ByteWriter()
    writer.appendSignedVarint(smallest)
    var widths: [Int] = []
    for start in stride(from: 0, to: blockLength, by: partLength) {
      var bits: UInt64 = 0
      for index in start..<max(start, min(start + partLength, count)) {
        bits |= UInt64(bitPattern: differences[index] &- smallest)
      }
      widths.append(64 - bits.leadingZeroBitCount)
      writer.append(UInt8(widths[widths.count - 1]))
    }
    output.append(contentsOf: writer.bytes)
    for (part, width) in widths.enumerated() where width > 0 {
      let start = part * partLength
      var pending: UInt64 = 0
      var filled = 0
      for index in start..<start + partLength {
        let field = index < count ? UInt64(bitPattern: differences[index] &- smallest) : 0
        pending |= field &<< UInt64(filled)
        filled += width
        if filled >= 64 {
          unsafe withUnsafeBytes(of: pending.littleEndian) { unsafe output.append(contentsOf: $0) }
          filled -= 64
          pending = filled == 0 ? 0 : field >> UInt64(width - filled)
        }
      }
      for byte in 0..<filled / 8 { output.append(UInt8(truncatingIfNeeded: pending >> UInt64(8 * byte))) }
    }
  }

  // MARK: Reading

  /// Appends the integers from `offset` on, `expected` of them; returns where they ended.
  static func decode(
    _ bytes: Bytes, at offset: Int, expected: Int, to output: inout [Int64]
  ) throws(FormatError) -> Int {
    var reader = ByteReader(bytes, at: offset)
    let blockLength = try reader.readCount("length of a block", limit: 1 << 20)
    let parts = try reader.readCount("parts of a block", limit: 1 << 15)
    let total = try reader.readCount("count of integers", limit: Int(Int32.max))
    var value = try reader.readSignedVarint("first integer")
    guard blockLength > 0, blockLength % 128 == 0, parts > 0, blockLength % parts == 0,
      blockLength / parts % 32 == 0
    else { throw FormatError(offset: offset, "blocks of \(blockLength) integers in \(parts) parts") }
    guard total == expected else {
      throw FormatError(offset: offset, "\(total) integers where \(expected) are expected")
    }
    guard total > 0 else { return reader.offset }
    let partLength = blockLength / parts
    output.append(value)
    var left = total - 1
    while left > 0 {
      let smallest = try reader.readSignedVarint("smallest difference")
      let widths = try reader.readBytes(parts, "widths of a block")
      for part in 0..<parts where left > 0 {
        let width = Int(widths[part])
        guard width <= 64 else { throw FormatError(offset: reader.offset, "differences of \(width) bits") }
        let packed = try reader.readBytes(partLength * width / 8, "differences")
        let count = min(partLength, left)
        unpack(packed, count, width, smallest, &value, &output)
        left -= count
      }
    }
    return reader.offset
  }

  @inline(__always)
  private static func unpack(
    _ packed: Bytes, _ count: Int, _ width: Int, _ smallest: Int64, _ value: inout Int64, _ output: inout [Int64]
  ) {
    let before = output.count
    output.append(contentsOf: repeatElement(0, count: count))
    let mask = width == 64 ? UInt64.max : (UInt64(1) &<< UInt64(width)) &- 1
    var sum = value
    unsafe output.withUnsafeMutableBufferPointer { output in
      unsafe packed.withUnsafeBytes { source in
        // Whole words can be read as long as eight bytes are left.
        let safe = width == 0 ? count : max(0, min(count, ((source.count &- 8) &* 8) / width))
        var bit = 0
        for index in 0..<count {
          var field: UInt64 = 0
          if width > 0, index < safe {
            let from = bit &>> 3
            let shift = bit & 7
            let word = unsafe UInt64(littleEndian: source.loadUnaligned(fromByteOffset: from, as: UInt64.self))
            field = word &>> UInt64(truncatingIfNeeded: shift)
            if width &+ shift > 64 { unsafe field |= UInt64(source[from &+ 8]) &<< UInt64(64 &- shift) }
          } else if width > 0 {
            field = unsafe tail(source, bit)
          }
          sum = sum &+ smallest &+ Int64(bitPattern: field & mask)
          unsafe output[before &+ index] = sum
          bit &+= width
        }
      }
    }
    value = sum
  }

  /// The bits from one on, up to 64, of which the bytes may end before.
  private static func tail(_ source: UnsafeRawBufferPointer, _ bit: Int) -> UInt64 {
    let from = bit >> 3
    let shift = UInt64(bit & 7)
    var word: UInt64 = 0
    for byte in 0..<8 where from + byte < source.count {
      unsafe word |= UInt64(source[from + byte]) << UInt64(8 * byte)
    }
    word >>= shift
    if shift > 0, from + 8 < source.count { unsafe word |= UInt64(source[from + 8]) << (64 - shift) }
    return word
  }
}
