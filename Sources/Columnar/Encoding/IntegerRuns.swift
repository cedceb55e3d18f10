/// The values of an integer page as runs of equal ones, in memory that is used again from page to page: sorted columns are
/// then worked on run by run, and not row by row.
package struct IntegerRuns: Sendable {
  package private(set) var values: [Int64] = []
  /// Behind the last value of every run; they ascend to the number of values.
  package private(set) var ends: [Int32] = []
  private var decoded: [Int64] = []

  package init() {}

  /// Reads a page of `count` values and leaves the reader behind it.
  package mutating func read(_ reader: inout ByteReader, count: Int) throws(FormatError) {
    values.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    guard count > 0 else {
      try IntegerPage.decode(&reader, count: 0, replacing: &decoded)
      return
    }
    let start = reader.offset
    try reader.need(1, "integer page encoding")
    switch reader.bytes[start] {
    case IntegerPage.constant:
      reader.offset += 1
      values.append(try reader.readSignedVarint("constant"))
      ends.append(Int32(count))
    case IntegerPage.runs:
      reader.offset += 1
      let runs = try IntegerPage.decodeRuns(&reader, count: count, start: start)
      values.append(contentsOf: runs.values)
      ends.reserveCapacity(runs.ends.count)
      for end in runs.ends { ends.append(Int32(end)) }
    case IntegerPage.markedRuns:
      reader.offset += 1
      read(try IntegerPage.MarkedRuns(&reader, count: count), count)
    default:
      try IntegerPage.decode(&reader, count: count, replacing: &decoded)
      replace(by: decoded)
    }
  }

  /// Takes values that were decoded otherwise; there is at least one.
  package mutating func replace(by decoded: [Int64]) {
    values.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    var last = decoded[0]
    for (index, value) in decoded.enumerated() where value != last {
      values.append(last)
      ends.append(Int32(index))
      last = value
    }
    values.append(last)
    ends.append(Int32(decoded.count))
  }

  /// A mark stands where a run begins, so the run before it ends there.
  private mutating func read(_ runs: IntegerPage.MarkedRuns, _ count: Int) {
    values.append(contentsOf: runs.values)
    ends.reserveCapacity(values.count)
    for first in stride(from: 0, to: count, by: 64) {
      var word = runs.word(first)
      // The first value begins the first run; the bits behind the last one are padding.
      if first == 0 { word &= ~1 }
      if count - first < 64 { word &= (1 << UInt64(count - first)) - 1 }
      while word != 0 {
        ends.append(Int32(first + word.trailingZeroBitCount))
        word &= word - 1
      }
    }
    ends.append(Int32(count))
  }
}
