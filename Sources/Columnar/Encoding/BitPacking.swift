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

  /// Appends `(values[i] - base) / scale` for a range of values, and the padding. All distances are multiples of the scale.
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
    let division = ExactDivision(by: scale)
    unsafe output.withUnsafeMutableBytes { target in
      guard let first = target.baseAddress else { return }
      var cursor = unsafe first + start
      unsafe values.withUnsafeBufferPointer { source in
        if width == 64 {
          for index in range {
            let field = unsafe division.quotient(UInt64(bitPattern: source[index] &- base))
            unsafe cursor.storeBytes(of: field.littleEndian, as: UInt64.self)
            unsafe cursor += 8
          }
          return
        }
        var pending: UInt64 = 0
        var filled = 0
        for index in range {
          var field = unsafe UInt64(bitPattern: source[index] &- base)
          if scale != 1 { field = division.quotient(field) }
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

  /// Writes `base + scale * field` of as many fields as `target` has room for, from `offset` on.
  ///
  /// Every width has a loop of its own, in which shifts and offsets are constants: more than a thousand million fields
  /// a second, where a loop for any width does a third of that.
  @unsafe
  package static func unpack(
    _ bytes: Bytes, _ offset: Int, base: Int64, scale: UInt64, width: Int,
    into target: UnsafeMutableBufferPointer<Int64>
  ) {
    let count = target.count
    precondition(
      offset >= 0 && width >= 0 && width <= 64 && offset + length(count: count, width: width) <= bytes.count,
      "fields out of bounds")
    let step = Int64(bitPattern: scale)
    guard width > 0 else {
      unsafe target.update(repeating: base)
      return
    }
    unsafe bytes.withUnsafeBytes { source in
      guard let first = source.baseAddress, let output = target.baseAddress else { return }
      let start = unsafe first + offset
      if width == 64 {
        for index in 0..<count {
          let field = unsafe start.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self)
          unsafe output[index] = base &+ step &* Int64(bitPattern: UInt64(littleEndian: field))
        }
        return
      }
      // Eight fields of w bits are w bytes.
      let groups = count / 8
      unsafe unpackGroups(start, groups, base, step, width, output)
      let mask = (UInt64(1) << UInt64(width)) &- 1
      var bit = groups &* 8 &* width
      for index in groups &* 8..<count {
        let word = unsafe start.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
        let field = (UInt64(littleEndian: word) &>> UInt64(truncatingIfNeeded: bit & 7)) & mask
        unsafe output[index] = base &+ step &* Int64(bitPattern: field)
        bit &+= width
      }
    }
  }

  @unsafe
  private static func unpackGroups(
    _ start: UnsafeRawPointer, _ groups: Int, _ base: Int64, _ step: Int64, _ width: Int,
    _ output: UnsafeMutablePointer<Int64>
  ) {
    switch width {
    case 1: unsafe unpackGroups(ofWidth: 1, start, groups, base, step, output)
    case 2: unsafe unpackGroups(ofWidth: 2, start, groups, base, step, output)
    case 3: unsafe unpackGroups(ofWidth: 3, start, groups, base, step, output)
    case 4: unsafe unpackGroups(ofWidth: 4, start, groups, base, step, output)
    case 5: unsafe unpackGroups(ofWidth: 5, start, groups, base, step, output)
    case 6: unsafe unpackGroups(ofWidth: 6, start, groups, base, step, output)
    case 7: unsafe unpackGroups(ofWidth: 7, start, groups, base, step, output)
    case 8: unsafe unpackGroups(ofWidth: 8, start, groups, base, step, output)
    case 9: unsafe unpackGroups(ofWidth: 9, start, groups, base, step, output)
    case 10: unsafe unpackGroups(ofWidth: 10, start, groups, base, step, output)
    case 11: unsafe unpackGroups(ofWidth: 11, start, groups, base, step, output)
    case 12: unsafe unpackGroups(ofWidth: 12, start, groups, base, step, output)
    case 13: unsafe unpackGroups(ofWidth: 13, start, groups, base, step, output)
    case 14: unsafe unpackGroups(ofWidth: 14, start, groups, base, step, output)
    case 15: unsafe unpackGroups(ofWidth: 15, start, groups, base, step, output)
    case 16: unsafe unpackGroups(ofWidth: 16, start, groups, base, step, output)
    case 18: unsafe unpackGroups(ofWidth: 18, start, groups, base, step, output)
    case 38: unsafe unpackGroups(ofWidth: 38, start, groups, base, step, output)
    case 39: unsafe unpackGroups(ofWidth: 39, start, groups, base, step, output)
    case 40: unsafe unpackGroups(ofWidth: 40, start, groups, base, step, output)
    case 41: unsafe unpackGroups(ofWidth: 41, start, groups, base, step, output)
    case 42: unsafe unpackGroups(ofWidth: 42, start, groups, base, step, output)
    case 43: unsafe unpackGroups(ofWidth: 43, start, groups, base, step, output)
    case 44: unsafe unpackGroups(ofWidth: 44, start, groups, base, step, output)
    case 45: unsafe unpackGroups(ofWidth: 45, start, groups, base, step, output)
    case 46: unsafe unpackGroups(ofWidth: 46, start, groups, base, step, output)
    case 47: unsafe unpackGroups(ofWidth: 47, start, groups, base, step, output)
    case 56: unsafe unpackGroups(ofWidth: 56, start, groups, base, step, output)
    default: unsafe unpackGroups(ofWidth: width, start, groups, base, step, output)
    }
  }

  @inline(__always) @unsafe
  private static func unpackGroups(
    ofWidth width: Int, _ start: UnsafeRawPointer, _ groups: Int, _ base: Int64, _ step: Int64,
    _ output: UnsafeMutablePointer<Int64>
  ) {
    let mask = (UInt64(1) &<< UInt64(width)) &- 1
    var source = unsafe start
    var target = unsafe output
    for _ in 0..<groups {
      unsafe target[0] = base &+ step &* field(source, 0, width, mask)
      unsafe target[1] = base &+ step &* field(source, 1, width, mask)
      unsafe target[2] = base &+ step &* field(source, 2, width, mask)
      unsafe target[3] = base &+ step &* field(source, 3, width, mask)
      unsafe target[4] = base &+ step &* field(source, 4, width, mask)
      unsafe target[5] = base &+ step &* field(source, 5, width, mask)
      unsafe target[6] = base &+ step &* field(source, 6, width, mask)
      unsafe target[7] = base &+ step &* field(source, 7, width, mask)
      unsafe source += width
      unsafe target += 8
    }
  }

  @inline(__always) @unsafe
  private static func field(_ source: UnsafeRawPointer, _ index: Int, _ width: Int, _ mask: UInt64) -> Int64 {
    let bit = index &* width
    let word = unsafe source.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
    return Int64(bitPattern: (UInt64(littleEndian: word) &>> UInt64(truncatingIfNeeded: bit & 7)) & mask)
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

  /// How many fields of a range hold a value; fields of at most eight bits.
  ///
  /// As many at a time as a word at any bit holds for certain.
  static func count(
    _ bytes: Bytes, _ offset: Int, _ range: Range<Int>, width: Int, of value: UInt64
  ) -> Int {
    precondition(width >= 1 && width <= 8 && value >> UInt64(width) == 0, "fields of one to eight bits")
    let together = 57 / width
    // The lowest bit of each of them.
    var lowest: UInt64 = 0
    for place in 0..<together { lowest |= 1 << UInt64(place * width) }
    let pattern = lowest &* value
    var count = 0
    var index = range.lowerBound
    while index < range.upperBound {
      let bit = index * width
      let word = (bytes.load(offset + bit >> 3, as: UInt64.self) >> UInt64(bit & 7)) ^ pattern
      // Its lowest bit tells whether any bit of a field differs.
      var different = word
      for shift in 1..<width { different |= word >> UInt64(shift) }
      let taken = min(together, range.upperBound - index)
      let mask = taken == together ? lowest : lowest & ((1 << UInt64(taken * width)) - 1)
      count += taken - (different & mask).nonzeroBitCount
      index += taken
    }
    return count
  }
}
