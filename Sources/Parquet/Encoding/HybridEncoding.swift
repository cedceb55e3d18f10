import Columnar

/// Runs of equal values and bit-packed values in turn: how levels and dictionary codes lie in pages.
///
/// Source: Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".
enum HybridEncoding {
  static func width(_ largest: UInt32) -> Int { 32 - largest.leadingZeroBitCount }

  // MARK: Writing

  /// Runs of `shortestRun` values and more are told as such, all others are packed. Where runs are short, a compressor finds
  /// them in whole bytes with less than headers and shifted bits leave, and where most are longer than a few, they take
  /// less if even the shortest are told as runs and nothing is packed.
  static func append<T: FixedWidthInteger & UnsignedInteger>(
    _ values: [T], _ range: Range<Int>, width: Int, shortestRun: Int = 8, to output: inout [UInt8]
  ) {
    var packedStart = range.lowerBound
    var index = range.lowerBound
    unsafe values.withUnsafeBufferPointer { values in
      guard shortestRun < .max else { return unsafe appendPacked(values, range, width, &output) }
      while index < range.upperBound {
        let value = unsafe values[index]
        var end = index &+ 1
        while end < range.upperBound, unsafe values[end] == value { end &+= 1 }
        // Packed values come in eights, so a run gives away what the last eight lacks.
        let missing = (8 &- (index &- packedStart) & 7) & 7
        if end &- index &- missing >= shortestRun {
          unsafe appendPacked(values, packedStart..<index &+ missing, width, &output)
          appendVarint(UInt64(end &- index &- missing) << 1, &output)
          for byte in 0..<(width &+ 7) / 8 {
            output.append(UInt8(truncatingIfNeeded: UInt64(value) >> UInt64(8 &* byte)))
          }
          packedStart = end
        }
        index = end
      }
      unsafe appendPacked(values, packedStart..<range.upperBound, width, &output)
    }
  }

  @inline(__always)
  private static func appendPacked<T: FixedWidthInteger & UnsignedInteger>(
    _ values: UnsafeBufferPointer<T>, _ range: Range<Int>, _ width: Int, _ output: inout [UInt8]
  ) {
    guard !range.isEmpty else { return }
    let groups = (range.count &+ 7) / 8
    appendVarint(UInt64(groups) << 1 | 1, &output)
    // Eights are packed into as many bytes as a value has bits, so every eight ends with a byte; a group of 32 of them
    // is written at once.
    let length = groups &* width
    unsafe withUnsafeTemporaryAllocation(byteCount: length &+ 8, alignment: 8) { block in
      var pending: UInt64 = 0
      var filled = 0
      var place = 0
      for index in range {
        let value = unsafe UInt64(truncatingIfNeeded: values[index])
        pending |= value &<< UInt64(truncatingIfNeeded: filled)
        filled &+= width
        if filled >= 32 {
          unsafe block.storeBytes(
            of: UInt32(truncatingIfNeeded: pending).littleEndian, toByteOffset: place, as: UInt32.self)
          place &+= 4
          pending >>= 32
          filled &-= 32
        }
      }
      while place < length {
        unsafe block[place] = UInt8(truncatingIfNeeded: pending)
        pending >>= 8
        place &+= 1
      }
      unsafe output.append(contentsOf: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(block)[..<length]))
    }
  }

  private static func appendVarint(_ value: UInt64, _ output: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    output.append(UInt8(truncatingIfNeeded: rest))
  }

  // MARK: Reading

  /// Appends `count` values from `offset` on, none above `largest`; returns where they ended.
  static func decode<T: FixedWidthInteger & UnsignedInteger>(
    _ bytes: Bytes, at offset: Int, width: Int, count: Int, largest: UInt32, to output: inout [T]
  ) throws(FormatError) -> Int {
    let before = output.count
    output.append(contentsOf: repeatElement(0, count: count))
    return try unsafe output.withUnsafeMutableBufferPointer { (all) throws(FormatError) in
      let target = unsafe UnsafeMutableBufferPointer(rebasing: all[before...])
      return try unsafe fill(target, bytes, at: offset, width: width, largest: largest)
    }
  }

  private static func fill<T: FixedWidthInteger & UnsignedInteger>(
    _ target: UnsafeMutableBufferPointer<T>, _ bytes: Bytes, at offset: Int, width: Int, largest: UInt32
  ) throws(FormatError) -> Int {
    var reader = ByteReader(bytes, at: offset)
    var done = 0
    let count = target.count
    while done < count {
      let start = reader.offset
      let header = try reader.readVarint("header of a run")
      guard header >> 1 > 0, header >> 1 <= UInt64(Int32.max) else {
        throw FormatError(offset: start, "a run of \(header >> 1) values")
      }
      if header & 1 == 0 {
        var value: UInt32 = 0
        for byte in 0..<(width + 7) / 8 {
          value |= UInt32(try reader.read(UInt8.self, "value of a run")) << UInt32(8 * byte)
        }
        guard value <= largest else { throw FormatError(offset: start, "the value \(value) is above \(largest)") }
        let length = Int(min(header >> 1, UInt64(count - done)))
        let field = T(truncatingIfNeeded: value)
        for index in done..<done &+ length { unsafe target[index] = field }
        done += length
      } else {
        let groups = Int(header >> 1)
        let taken = min(groups * 8, count - done)
        let needed = (taken * width + 7) / 8
        try reader.need(needed, "bit-packed values")
        let highest = unsafe unpack(
          bytes, reader.offset, width: width, to: UnsafeMutableBufferPointer(rebasing: target[done..<done + taken]))
        guard highest <= largest else { throw FormatError(offset: start, "the value \(highest) is above \(largest)") }
        // Some writers leave out what the last eight lacks.
        reader.offset += min(groups * width, reader.remaining)
        done += taken
      }
    }
    return reader.offset
  }

  /// Fills zeros with bit fields, lowest bit first, of up to 32 bits each; returns the largest. The caller checked that they
  /// are there.
  private static func unpack<T: FixedWidthInteger & UnsignedInteger>(
    _ bytes: Bytes, _ offset: Int, width: Int, to output: UnsafeMutableBufferPointer<T>
  ) -> UInt32 {
    guard width > 0 else { return 0 }
    let count = output.count
    let mask = (UInt64(1) << UInt64(width)) &- 1
    var highest: UInt64 = 0
    // Whole words can be read as long as eight bytes are left.
    let safeBits = max(0, bytes.count - offset - 7) * 8
    let fast = min(count, (safeBits + width - 1) / width)
    unsafe bytes.withUnsafeBytes { source in
      if width == 8 || width == 16 {
        highest =
          unsafe width == 8
          ? widen(source, offset, output, UInt8.self) : widen(source, offset, output, UInt16.self)
        return
      }
      var bit = offset * 8
      for index in 0..<fast {
        let word = unsafe source.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
        let field = (UInt64(littleEndian: word) &>> UInt64(truncatingIfNeeded: bit & 7)) & mask
        highest = max(highest, field)
        unsafe output[index] = T(truncatingIfNeeded: field)
        bit &+= width
      }
      for index in fast..<count {
        var word: UInt64 = 0
        for byte in 0..<5 where bit >> 3 + byte < source.count {
          unsafe word |= UInt64(source[bit >> 3 + byte]) << UInt64(8 * byte)
        }
        let field = (word >> UInt64(bit & 7)) & mask
        highest = max(highest, field)
        unsafe output[index] = T(truncatingIfNeeded: field)
        bit += width
      }
    }
    return UInt32(truncatingIfNeeded: highest)
  }

  /// As `unpack`, of fields that are whole numbers.
  @inline(__always)
  private static func widen<T: FixedWidthInteger & UnsignedInteger, F: FixedWidthInteger & UnsignedInteger>(
    _ source: UnsafeRawBufferPointer, _ offset: Int, _ output: UnsafeMutableBufferPointer<T>, _ type: F.Type
  ) -> UInt64 {
    var highest: F = 0
    for index in 0..<output.count {
      let place = offset &+ index &* MemoryLayout<F>.size
      let field = unsafe F(littleEndian: source.loadUnaligned(fromByteOffset: place, as: F.self))
      highest = max(highest, field)
      unsafe output[index] = T(truncatingIfNeeded: field)
    }
    return UInt64(highest)
  }
}
