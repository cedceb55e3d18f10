/// Fixed-width bit fields, end to end, lowest bit first.
///
/// Widths are 0 to 56 or 64, so that one unaligned 64-bit load holds any field; eight bytes of padding behind the fields
/// make that load safe at the very end.
@usableFromInline
package enum BitPacking {
  /// Bytes behind the last field.
  @usableFromInline package static let padding = 8

  /// The narrowest allowed width that holds `largest`.
  @inlinable
  package static func width(for largest: UInt64) -> Int {
    let bits = 64 - largest.leadingZeroBitCount
    return bits > 56 ? 64 : bits
  }

  /// Bytes that `count` fields take, padding included.
  @inlinable
  package static func length(count: Int, width: Int) -> Int { (count * width + 7) / 8 + padding }

  /// Appends `(values[i] - base) / scale` for a range of values, and the padding.
  package static func append(
    _ values: [Int64], _ range: Range<Int>, base: Int64, scale: UInt64, width: Int, to output: inout [UInt8]
  ) {
    let start = output.count
    let length = length(count: range.count, width: width)
    output.append(contentsOf: repeatElement(0, count: length + 8))
    guard width > 0 else {
      output.removeLast(8)
      return
    }
    unsafe output.withUnsafeMutableBytes { target in
      guard let first = target.baseAddress else { return }
      var cursor = unsafe first + start
      unsafe values.withUnsafeBufferPointer { source in
        if width == 64 {
          for index in range {
            let field = unsafe UInt64(bitPattern: source[index] &- base) / scale
            unsafe cursor.storeBytes(of: field.littleEndian, as: UInt64.self)
            unsafe cursor += 8
          }
          return
        }
        var pending: UInt64 = 0
        var filled = 0
        for index in range {
          var field = unsafe UInt64(bitPattern: source[index] &- base)
          if scale != 1 { field /= scale }
          pending |= field << UInt64(filled)
          filled += width
          if filled >= 64 {
            unsafe cursor.storeBytes(of: pending.littleEndian, as: UInt64.self)
            unsafe cursor += 8
            filled -= 64
            pending = filled == 0 ? 0 : field >> UInt64(width - filled)
          }
        }
        if filled > 0 { unsafe cursor.storeBytes(of: pending.littleEndian, as: UInt64.self) }
      }
    }
    output.removeLast(8)
  }

  /// Appends `base + scale * field` of `count` fields that begin at `offset`; the caller checked that they are there.
  package static func unpack(
    _ bytes: Bytes, _ offset: Int, count: Int, base: Int64, scale: UInt64, width: Int, to output: inout [Int64]
  ) {
    precondition(offset >= 0 && offset + length(count: count, width: width) <= bytes.count, "fields out of bounds")
    guard width > 0 else {
      output.append(contentsOf: repeatElement(base, count: count))
      return
    }
    let step = Int64(bitPattern: scale)
    let block = unsafe [Int64](unsafeUninitializedCapacity: count) { target, initialized in
      unsafe bytes.withUnsafeBytes { source in
        guard let first = source.baseAddress else { return }
        let start = unsafe first + offset
        if width == 64 {
          for index in 0..<count {
            let field = unsafe start.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self)
            unsafe target[index] = base &+ step &* Int64(bitPattern: UInt64(littleEndian: field))
          }
        } else {
          let mask = (UInt64(1) << UInt64(width)) &- 1
          var bit = 0
          for index in 0..<count {
            let word = unsafe start.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
            let field = (UInt64(littleEndian: word) &>> UInt64(truncatingIfNeeded: bit & 7)) & mask
            unsafe target[index] = base &+ step &* Int64(bitPattern: field)
            bit &+= width
          }
        }
      }
      initialized = count
    }
    if output.isEmpty { output = block } else { output.append(contentsOf: block) }
  }

  /// Field `index` of the fields that begin at `offset`.
  @inlinable
  package static func field(_ bytes: Bytes, _ offset: Int, index: Int, width: Int) -> UInt64 {
    if width == 0 { return 0 }
    let bit = index * width
    let word = bytes.load(offset + bit >> 3, as: UInt64.self)
    if width == 64 { return word }
    return (word >> UInt64(bit & 7)) & ((UInt64(1) << UInt64(width)) - 1)
  }
}
