import Columnar

/// The different values of a column chunk in the order in which they first come, and which of them each value is.
struct ValueDictionary {
  let codes: [UInt32]
  let count: Int
  /// The values in the plain encoding.
  let plain: [UInt8]
  /// Of byte strings: which string of the column each of them is.
  let strings: [UInt32]

  /// Nil where there would be little to win, or where the plain form takes more than `limit` bytes.
  init?(_ values: ColumnValues, limit: Int) {
    switch values {
    case .boolean: return nil
    case .int32(let values):
      guard let numbers = Self.number(values.count, width: 4, limit, { UInt64(UInt32(bitPattern: values[$0])) }) else {
        return nil
      }
      (codes, plain, strings, count) = (numbers.codes, numbers.plain, [], numbers.count)
    case .int64(let values):
      guard let numbers = Self.number(values.count, width: 8, limit, { UInt64(bitPattern: values[$0]) }) else {
        return nil
      }
      (codes, plain, strings, count) = (numbers.codes, numbers.plain, [], numbers.count)
    case .float(let values):
      guard let numbers = Self.number(values.count, width: 4, limit, { UInt64(values[$0].bitPattern) }) else {
        return nil
      }
      (codes, plain, strings, count) = (numbers.codes, numbers.plain, [], numbers.count)
    case .double(let values):
      guard let numbers = Self.number(values.count, width: 8, limit, { values[$0].bitPattern }) else { return nil }
      (codes, plain, strings, count) = (numbers.codes, numbers.plain, [], numbers.count)
    case .bytes(let column):
      guard let texts = Self.number(column, limit) else { return nil }
      (codes, plain, strings, count) = texts
    case .fixed(let column):
      guard let wide = Self.number(column, limit) else { return nil }
      (codes, plain, strings, count) = (wide.codes, wide.plain, [], wide.count)
    }
  }

  private init(codes: [UInt32], count: Int, plain: [UInt8], strings: [UInt32]) {
    (self.codes, self.count, self.plain, self.strings) = (codes, count, plain, strings)
  }

  /// Runs of equal values. As many as there are values, or hardly more, tell a column that is sorted by it.
  var runs: Int {
    unsafe codes.withUnsafeBufferPointer { codes in
      var runs = codes.isEmpty ? 0 : 1
      for index in codes.indices.dropFirst() where unsafe codes[index] != codes[index &- 1] { runs &+= 1 }
      return runs
    }
  }

  /// The same values with other codes: `places` has the new one of each.
  func renumbered(_ places: [UInt32], _ values: ColumnValues) -> ValueDictionary {
    var order = [UInt32](repeating: 0, count: count)
    for (code, place) in places.enumerated() { order[Int(place)] = UInt32(code) }
    let newCodes = codes.map { places[Int($0)] }
    if case .bytes(let column) = values {
      let newStrings = order.map { strings[Int($0)] }
      return ValueDictionary(
        codes: newCodes, count: count, plain: Self.plain(newStrings, of: column.strings, plain.count),
        strings: newStrings)
    }
    let width = plain.count / count
    var newPlain: [UInt8] = []
    newPlain.reserveCapacity(plain.count)
    for code in order { newPlain.append(contentsOf: plain[Int(code) * width..<(Int(code) + 1) * width]) }
    return ValueDictionary(codes: newCodes, count: count, plain: newPlain, strings: [])
  }

  /// The codes from the largest of `counts` to the smallest; equal ones in the order of their values, of texts by their shape
  /// and then by their bytes.
  func byFrequency(_ counts: [UInt32], _ values: ColumnValues) -> [UInt32] {
    if case .bytes(let column) = values {
      let shapes = TextShapes.ranks(strings, of: column.strings)
      let keys = strings.indices.map { code in UInt64(UInt32.max - counts[code]) << 32 | UInt64(shapes[code]) }
      return TextShapes.sorted(keys, strings, of: column.strings)
    }
    var order = [UInt32](0..<UInt32(count))
    let width = plain.count / count
    order.sort { first, second in
      let (a, b) = (Int(first), Int(second))
      if counts[a] != counts[b] { return counts[a] > counts[b] }
      // Numbers have their highest byte last.
      for byte in stride(from: width - 1, through: 0, by: -1) {
        let (left, right) = (plain[a * width + byte], plain[b * width + byte])
        if left != right { return left < right }
      }
      return false
    }
    return order
  }

  /// After so many values, and at each doubling, it shows whether they repeat.
  private static let trial = 1 << 16

  @inline(__always)
  private static func isHopeless(_ index: Int, _ count: Int) -> Bool {
    let seen = index + 1
    return seen >= trial && seen & index == 0 && count > seen / 10 * 9
  }

  private typealias Numbers = (codes: [UInt32], plain: [UInt8], count: Int)

  @inline(__always)
  private static func number(
    _ count: Int, width: Int, _ limit: Int, _ value: (Int) -> UInt64
  ) -> Numbers? {
    // Open addressing; a slot holds a code + 1.
    var mask = 1023
    var slots = [UInt32](repeating: 0, count: mask + 1)
    var distinct: [UInt64] = []
    var codes: [UInt32] = []
    codes.reserveCapacity(count)
    for index in 0..<count {
      let bits = value(index)
      var slot = Int(truncatingIfNeeded: foldedMultiply(bits ^ 0x9E37_79B9_7F4A_7C15, 0xA076_1D64_78BD_642F)) & mask
      while slots[slot] != 0, distinct[Int(slots[slot]) - 1] != bits { slot = (slot + 1) & mask }
      if slots[slot] == 0 {
        if (distinct.count + 1) * width > limit || isHopeless(index, distinct.count) { return nil }
        distinct.append(bits)
        slots[slot] = UInt32(distinct.count)
        codes.append(UInt32(distinct.count - 1))
        if distinct.count * 2 > mask {
          mask = mask * 2 + 1
          slots = [UInt32](repeating: 0, count: mask + 1)
          for (code, bits) in distinct.enumerated() {
            var slot =
              Int(truncatingIfNeeded: foldedMultiply(bits ^ 0x9E37_79B9_7F4A_7C15, 0xA076_1D64_78BD_642F)) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(code + 1)
          }
        }
      } else {
        codes.append(slots[slot] - 1)
      }
    }
    var plain: [UInt8] = []
    plain.reserveCapacity(distinct.count * width)
    for bits in distinct {
      for byte in 0..<width { plain.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte))) }
    }
    return (codes, plain, distinct.count)
  }

  private static func number(_ column: FixedColumn, _ limit: Int) -> Numbers? {
    var dictionary = ByteStringDictionary()
    var codes: [UInt32] = []
    codes.reserveCapacity(column.count)
    for index in 0..<column.count {
      let start = index * column.width
      let code = unsafe column.bytes.withUnsafeBytes {
        unsafe dictionary.intern(UnsafeRawBufferPointer(rebasing: $0[start..<start + column.width]))
      }
      codes.append(code)
      if dictionary.arena.count > limit || isHopeless(index, dictionary.count) { return nil }
    }
    return (codes, dictionary.arena, dictionary.count)
  }

  private static func number(
    _ column: ByteColumn, _ limit: Int
  ) -> (codes: [UInt32], plain: [UInt8], strings: [UInt32], count: Int)? {
    if column.isDistinct, let codes = column.codes { return renumber(codes, column.strings, limit) }
    var strings: [UInt32] = []
    var codes: [UInt32] = []
    codes.reserveCapacity(column.count)
    var size = 0
    var dictionary = ByteStringDictionary()
    /// Given codes need not be of different strings, but each is looked at once.
    var map = [UInt32](repeating: .max, count: column.codes == nil ? 0 : column.strings.count)
    for index in 0..<column.count {
      let string = column.string(index)
      if column.codes != nil, map[string] != .max {
        codes.append(map[string])
        continue
      }
      let range = column.strings.range(string)
      let code = unsafe column.strings.arena.withUnsafeBytes {
        unsafe dictionary.intern(UnsafeRawBufferPointer(rebasing: $0[range]))
      }
      if code == strings.count {
        size += range.count + 4
        if size > limit || isHopeless(index, strings.count) { return nil }
        strings.append(UInt32(string))
      }
      codes.append(code)
      if column.codes != nil { map[string] = code }
    }
    return (codes, plain(strings, of: column.strings, size), strings, strings.count)
  }

  /// As `number`, where no two strings are equal: nothing is looked up.
  private static func renumber(
    _ given: [UInt32], _ all: ByteStrings, _ limit: Int
  ) -> (codes: [UInt32], plain: [UInt8], strings: [UInt32], count: Int)? {
    var strings: [UInt32] = []
    var size = 0
    var map = [UInt32](repeating: .max, count: all.count)
    var isWorthIt = true
    precondition(given.allSatisfy { Int($0) < all.count }, "a code of other strings")
    let codes = unsafe [UInt32](unsafeUninitializedCapacity: given.count) { target, filled in
      unsafe map.withUnsafeMutableBufferPointer { map in
        unsafe given.withUnsafeBufferPointer { given in
          for index in 0..<given.count {
            let string = unsafe Int(given[index])
            if unsafe map[string] == .max {
              size += all.length(string) + 4
              if size > limit || isHopeless(index, strings.count) {
                isWorthIt = false
                return
              }
              unsafe map[string] = UInt32(strings.count)
              strings.append(UInt32(string))
            }
            unsafe target.initializeElement(at: index, to: map[string])
            filled = index &+ 1
          }
        }
      }
    }
    return isWorthIt ? (codes, plain(strings, of: all, size), strings, strings.count) : nil
  }

  /// The strings in the plain encoding, which takes `size` bytes.
  private static func plain(_ strings: [UInt32], of all: ByteStrings, _ size: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: size) { target, filled in
      unsafe all.arena.withUnsafeBytes { arena in
        let target = UnsafeMutableRawBufferPointer(target)
        for string in strings {
          let range = all.range(Int(string))
          unsafe target.storeBytes(of: UInt32(range.count).littleEndian, toByteOffset: filled, as: UInt32.self)
          unsafe UnsafeMutableRawBufferPointer(rebasing: target[(filled + 4)...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: arena[range]))
          filled += 4 + range.count
        }
      }
    }
  }
}
