/// Which values are frequent in a column, given the value of another column in the same row.
///
/// What a row says about one thing tells much about another: which deltas, and which metadata, a source gives. A page of
/// such a column then holds a small number a row, an index into the list of the row's *class*, which is the code of the
/// other column. See Formats/encodings.md, "Conditioned page".
package struct ConditionedModel: Sendable, Equatable {
  /// Where the list of every class begins in `values`, and at last where the last one ends.
  package let starts: [UInt32]
  /// The lists of all classes, the most frequent values first.
  package let values: [Int64]

  /// More values than this have not been frequent.
  package static let mostValues = 65_536
  package static let mostValuesOfClass = 255

  package init(lists: [[Int64]]) {
    var starts: [UInt32] = [0]
    var values: [Int64] = []
    for list in lists {
      values += list
      starts.append(UInt32(values.count))
    }
    self.starts = starts
    self.values = values
  }

  /// The same lists of other values.
  package func mapped(_ transform: (Int64) -> Int64) -> ConditionedModel {
    ConditionedModel(starts: starts, values: values.map(transform))
  }

  private init(starts: [UInt32], values: [Int64]) {
    self.starts = starts
    self.values = values
  }

  package var classCount: Int { starts.count - 1 }

  package func append(to writer: inout ByteWriter) {
    IntegerPage.encode((0..<classCount).map { Int64(starts[$0 + 1] - starts[$0]) }, into: &writer)
    IntegerPage.encode(values, into: &writer)
  }

  package init(_ reader: inout ByteReader, classCount: Int) throws(FormatError) {
    let start = reader.offset
    let lengths = try IntegerPage.decode(&reader, count: classCount)
    var starts: [UInt32] = [0]
    starts.reserveCapacity(classCount + 1)
    var end: Int64 = 0
    for length in lengths {
      guard length >= 0, length <= Int64(Self.mostValuesOfClass), end + length <= Int64(Self.mostValues) else {
        throw FormatError(offset: start, "a class of \(length) frequent values")
      }
      end += length
      starts.append(UInt32(end))
    }
    self.starts = starts
    values = try IntegerPage.decode(&reader, count: Int(end))
  }
}

/// Counts values by class in a sample of a column, and makes a model of them where that pays.
package struct ConditionedModelBuilder {
  /// Enough to see nearly every value that stands in one row of a thousand.
  package static let sampleSize = 8_192
  /// Enough to tell which column tells more.
  package static let roughSampleSize = 2_048
  private static let widths = 1...8

  private struct Entry {
    var value: Int64
    var classCode: UInt32
    var count: UInt32
  }

  /// About how many bits a row takes.
  package let bitsPerRow: Double
  package let model: ConditionedModel

  /// - Parameter bounds: the smallest and the largest value, where they are known.
  /// - Parameter classes: below `classCount`, as many as `values`.
  /// - Parameter countsUp: a value that is new to the column is the one after the last new one, as codes are that are
  ///   numbered by first appearance, and costs nothing.
  /// - Parameter sampleSize: about how many rows are looked at, which are spread evenly.
  package init?(
    _ values: [Int64], bounds: ClosedRange<Int64>? = nil, classes: [UInt32], classCount: Int, countsUp: Bool,
    sampleSize: Int = sampleSize
  ) {
    guard values.count >= 64, let smallest = bounds?.lowerBound ?? values.min(),
      let largest = bounds?.upperBound ?? values.max()
    else { return nil }
    let step = max(1, values.count / sampleSize)
    let entries = Self.count(values, classes, step)
    let scale = IntegerPage.commonDivisor(entries.map(\.value), 0..<entries.count, base: smallest)
    let valueWidth = BitPacking.width(for: UInt64(bitPattern: largest &- smallest) / scale)
    guard valueWidth > 1 else { return nil }
    var lists = [[Entry]](repeating: [], count: classCount)
    for entry in entries where entry.count > 1 { lists[Int(entry.classCode)].append(entry) }
    for index in lists.indices {
      lists[index].sort { $0.count != $1.count ? $0.count > $1.count : $0.value < $1.value }
    }
    let single = entries.reduce(0) { $0 + ($1.count == 1 ? 1 : 0) }
    let sampled = (values.count + step - 1) / step
    var best: (width: Int, bits: Double)?
    for width in Self.widths {
      let room = Self.room(width, countsUp)
      var missed = countsUp ? 0 : single
      var listed = 0
      for list in lists {
        listed += min(room, list.count)
        for entry in list.dropFirst(room) { missed += Int(entry.count) }
      }
      let lists = Double(listed * valueWidth) / Double(values.count)
      let bits = Double(width) + Double(missed * valueWidth) / Double(sampled) + lists
      if bits < best?.bits ?? .infinity { best = (width, bits) }
    }
    guard let best, best.bits < Double(valueWidth) * 0.9 else { return nil }
    bitsPerRow = best.bits
    let room = Self.room(best.width, countsUp)
    model = ConditionedModel(lists: lists.map { $0.prefix(room).map(\.value) })
  }

  /// Values that a class may list at a width, beside the numbers for values that are not listed and for new ones.
  static func room(_ width: Int, _ countsUp: Bool) -> Int { (1 << width) - (countsUp ? 2 : 1) }

  private static func count(_ values: [Int64], _ classes: [UInt32], _ step: Int) -> [Entry] {
    var entries: [Entry] = []
    let sampled = (values.count + step - 1) / step
    entries.reserveCapacity(sampled)
    var capacity = 64
    while capacity < sampled * 2 { capacity *= 2 }
    var slots = [UInt32](repeating: 0, count: capacity)
    let mask = capacity - 1
    var index = 0
    while index < values.count {
      let value = values[index]
      let classCode = classes[index]
      index += step
      var slot = hash(value, classCode) & mask
      while true {
        let found = Int(slots[slot])
        if found == 0 {
          entries.append(Entry(value: value, classCode: classCode, count: 1))
          slots[slot] = UInt32(entries.count)
          break
        }
        if entries[found - 1].value == value, entries[found - 1].classCode == classCode {
          entries[found - 1].count += 1
          break
        }
        slot = (slot + 1) & mask
      }
    }
    return entries
  }

  @inline(__always)
  static func hash(_ value: Int64, _ classCode: UInt32) -> Int {
    let mixed = (UInt64(bitPattern: value) ^ UInt64(classCode) << 56) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 40)
  }
}
