import Columnar

/// Finds the bounds of ranges of a column, one page after another.
struct BoundsFinder {
  private let values: ColumnValues
  private let dictionary: ValueDictionary?
  private let column: ParquetColumn
  /// For each value of a dictionary, the last page in which it was seen: it is compared once a page.
  private var seen: [UInt32]
  private var page: UInt32 = 0

  init(_ values: ColumnValues, _ dictionary: ValueDictionary?, _ column: ParquetColumn) {
    self.values = values
    self.dictionary = dictionary
    self.column = column
    seen = [UInt32](repeating: 0, count: dictionary?.strings.count ?? 0)
  }

  /// Nil where there is no value that could be a bound; `nans` counts what is no number.
  mutating func bounds(_ range: Range<Int>, nans: inout Int) -> ValueBounds? {
    page += 1
    guard !range.isEmpty, column.order != .undefined, column.logical != .json else { return nil }
    switch values {
    case .boolean(let values):
      let some = values[range]
      return ValueBounds([some.contains(false) ? 0 : 1], [some.contains(true) ? 1 : 0])
    case .int32(let values):
      if column.order == .unsigned { return Self.integers(values, range) { UInt32(bitPattern: $0) } }
      return Self.integers(values, range) { $0 }
    case .int64(let values):
      if column.order == .unsigned { return Self.integers(values, range) { UInt64(bitPattern: $0) } }
      return Self.integers(values, range) { $0 }
    case .float(let values): return Self.floats(values, range, &nans) { Self.bytes($0.bitPattern) }
    case .double(let values): return Self.floats(values, range, &nans) { Self.bytes($0.bitPattern) }
    case .bytes(let values): return strings(values, range)
    case .fixed(let values): return fixed(values, range)
    }
  }

  private static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe Array($0) }
  }

  @inline(__always)
  private static func integers<T: FixedWidthInteger, K: FixedWidthInteger>(
    _ values: [T], _ range: Range<Int>, _ key: (T) -> K
  ) -> ValueBounds {
    var smallest = key(values[range.lowerBound])
    var largest = smallest
    for index in range {
      let value = key(values[index])
      smallest = min(smallest, value)
      largest = max(largest, value)
    }
    return ValueBounds(bytes(smallest), bytes(largest))
  }

  private static func floats<T: BinaryFloatingPoint>(
    _ values: [T], _ range: Range<Int>, _ nans: inout Int, _ bytes: (T) -> [UInt8]
  ) -> ValueBounds? {
    var bounds: (smallest: T, largest: T)?
    for value in values[range] {
      if value.isNaN {
        nans += 1
      } else if let found = bounds {
        bounds = (min(found.smallest, value), max(found.largest, value))
      } else {
        bounds = (value, value)
      }
    }
    guard let (smallest, largest) = bounds else { return nil }
    // Zero has two signs, and a bound must hold both.
    return ValueBounds(bytes(smallest == 0 ? -0.0 : smallest), bytes(largest == 0 ? 0.0 : largest))
  }

  private mutating func strings(_ values: ByteColumn, _ range: Range<Int>) -> ValueBounds {
    let isBytewise = column.order == .bytewise
    func precedes(_ a: Int, _ b: Int) -> Bool {
      isBytewise
        ? values.strings.compare(a, b) < 0 : ValueBounds.compareBigEndian(values.strings[a], values.strings[b]) < 0
    }
    var smallest = values.string(range.lowerBound)
    var largest = smallest
    if let dictionary {
      for index in range {
        let code = Int(dictionary.codes[index])
        if seen[code] == page { continue }
        seen[code] = page
        let string = Int(dictionary.strings[code])
        if precedes(string, smallest) { smallest = string }
        if precedes(largest, string) { largest = string }
      }
    } else {
      var last = smallest
      for index in range {
        let string = values.string(index)
        if string == last { continue }
        last = string
        if precedes(string, smallest) { smallest = string } else if precedes(largest, string) { largest = string }
      }
    }
    var bounds = ValueBounds(values.strings[smallest], values.strings[largest])
    if isBytewise { bounds.shorten(isText: column.logical == .string || column.logical == .enumeration) }
    return bounds
  }

  /// Which values of sixteen bytes, as UUIDs are, come first and last.
  private static func boundsOfSixteen(_ bytes: [UInt8], _ range: Range<Int>) -> (Int, Int) {
    precondition(range.upperBound * 16 <= bytes.count, "values out of bounds")
    return unsafe bytes.withUnsafeBytes { bytes in
      func half(_ index: Int, _ offset: Int) -> UInt64 {
        unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index &* 16 &+ offset, as: UInt64.self))
      }
      var smallest = range.lowerBound
      var largest = smallest
      var low = half(smallest, 0)
      var high = low
      for index in range {
        let first = half(index, 0)
        if first < low || first == low && half(index, 8) < half(smallest, 8) {
          smallest = index
          low = first
        }
        if first > high || first == high && half(index, 8) > half(largest, 8) {
          largest = index
          high = first
        }
      }
      return (smallest, largest)
    }
  }

  private func fixed(_ values: FixedColumn, _ range: Range<Int>) -> ValueBounds {
    let width = values.width
    var smallest = range.lowerBound
    var largest = smallest
    if column.order == .bigEndian {
      for index in range {
        if ValueBounds.compareBigEndian(values[index], values[smallest]) < 0 { smallest = index }
        if ValueBounds.compareBigEndian(values[index], values[largest]) > 0 { largest = index }
      }
    } else if width == 16 {
      (smallest, largest) = Self.boundsOfSixteen(values.bytes, range)
    } else {
      func compare(_ a: Int, _ b: Int) -> Int {
        ByteStrings.compare(
          values.bytes, a * width..<(a + 1) * width, values.bytes, b * width..<(b + 1) * width)
      }
      for index in range {
        if compare(index, smallest) < 0 { smallest = index } else if compare(index, largest) > 0 { largest = index }
      }
    }
    var bounds = ValueBounds(values[smallest], values[largest])
    if column.order == .bytewise, column.logical == nil { bounds.shorten(isText: false) }
    return bounds
  }
}
