import Columnar

/// Puts texts beside those that resemble them, for a compressor that looks for repetitions.
///
/// The shape of a text are the lengths of its pieces between quotation marks, from the last to the first. Of texts of one
/// shape whatever is equal lies at one distance, which Zstandard tells in a bit; and those whose last values are equally
/// long follow each other, because metadata differ mostly behind.
enum TextShapes {
  private static let quote = UInt8(ascii: "\"")

  /// For each of the strings the rank of its shape: shapes of fewer pieces come first, then they ascend.
  static func ranks(_ strings: [UInt32], of all: ByteStrings) -> [UInt32] {
    var shapes = ByteStringDictionary()
    var shape: [UInt8] = []
    let numbers = strings.map { string -> UInt32 in
      shape.removeAll(keepingCapacity: true)
      let range = all.range(Int(string))
      unsafe all.arena.withUnsafeBytes { arena in
        var end = range.upperBound
        for place in range.reversed() where unsafe arena[place] == quote {
          append(end - place - 1, to: &shape)
          end = place
        }
        append(end - range.lowerBound, to: &shape)
      }
      return unsafe shape.withUnsafeBytes { unsafe shapes.intern($0) }
    }
    let order = (0..<UInt32(shapes.count)).sorted { first, second in
      let (a, b) = (shapes.length(first), shapes.length(second))
      return a != b ? a < b : shapes.compare(first, second) < 0
    }
    var ranks = [UInt32](repeating: 0, count: shapes.count)
    for (rank, shape) in order.enumerated() { ranks[Int(shape)] = UInt32(rank) }
    return numbers.map { ranks[Int($0)] }
  }

  /// Appends a length in two bytes; longer pieces are all alike.
  private static func append(_ length: Int, to shape: inout [UInt8]) {
    let length = UInt16(clamping: length)
    shape.append(UInt8(length >> 8))
    shape.append(UInt8(truncatingIfNeeded: length))
  }
}
