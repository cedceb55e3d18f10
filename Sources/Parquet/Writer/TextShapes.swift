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
    let codes = [UInt32](0..<UInt32(shapes.count))
    let order = sorted(
      codes.map { UInt64(shapes.length($0)) }, codes, of: ByteStrings(arena: shapes.arena, ends: shapes.ends))
    var ranks = [UInt32](repeating: 0, count: shapes.count)
    for (rank, shape) in order.enumerated() { ranks[Int(shape)] = UInt32(rank) }
    return numbers.map { ranks[Int($0)] }
  }

  /// The places of the strings by ascending `keys`, and those of one key in bytewise order.
  ///
  /// What strings of one key begin with is found once, and what follows sorts nearly all of them as numbers.
  static func sorted(_ keys: [UInt64], _ strings: [UInt32], of all: ByteStrings) -> [UInt32] {
    var order = keys.indices.map { (key: keys[$0], place: UInt32($0)) }
    order.sort { $0.key < $1.key }
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, order[end].key == order[start].key { end += 1 }
      if end - start > 1 {
        let first = Int(strings[Int(order[start].place)])
        var common = all.length(first)
        for index in start + 1..<end { common = all.commonPrefix(first, Int(strings[Int(order[index].place)]), common) }
        for index in start..<end { order[index].key = all.word(Int(strings[Int(order[index].place)]), from: common) }
        order[start..<end].sort { first, second in
          if first.key != second.key { return first.key < second.key }
          return all.compare(Int(strings[Int(first.place)]), Int(strings[Int(second.place)])) < 0
        }
      }
      start = end
    }
    return order.map(\.place)
  }

  /// Appends a length in two bytes; longer pieces are all alike.
  private static func append(_ length: Int, to shape: inout [UInt8]) {
    let length = UInt16(clamping: length)
    shape.append(UInt8(length >> 8))
    shape.append(UInt8(truncatingIfNeeded: length))
  }
}
