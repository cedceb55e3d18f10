import Columnar

extension EventBatch {
  /// The rows in the order of a segment: by user, entity, entity type, dimension, created_at and event id.
  ///
  /// Texts are compared once per distinct text: their ranks, packed into one integer, stand for the key of a row, and a
  /// radix sort orders these. Only rows that agree in key and time compare their ids.
  package func sortedOrder() -> [UInt32] {
    var order = [UInt32](0..<UInt32(count))
    guard count > 1 else { return order }
    RadixSort.sort(&order, by: timeKeys())
    let keys = rankKeys()
    for key in keys { RadixSort.sort(&order, by: key) }
    orderTies(&order, keys)
    return order
  }

  /// Whether the rows have the order of a segment. Texts are compared where a series of rows of one key ends, and nowhere else.
  package var isInSortedOrder: Bool {
    let (user, entity, type, dimension) = (user, entity, entityType, dimension)
    let (times, high, low) = (createdAt, eventIDHigh, eventIDLow)
    for row in 1..<max(1, count) {
      if user[row] != user[row - 1] || entity[row] != entity[row - 1] || type[row] != type[row - 1]
        || dimension[row] != dimension[row - 1]
      {
        if compareRows(row - 1, row) > 0 { return false }
      } else if times[row] != times[row - 1] {
        if times[row] < times[row - 1] { return false }
      } else if (high[row], low[row]) < (high[row - 1], low[row - 1]) {
        return false
      }
    }
    return true
  }

  /// created_at as unsigned distance from the smallest.
  private func timeKeys() -> [UInt64] {
    let smallest = createdAt.min() ?? 0
    return createdAt.map { UInt64(bitPattern: $0 &- smallest) }
  }

  /// The ranks of the four key columns packed into one integer a row, or into two, the less significant first.
  private func rankKeys() -> [[UInt64]] {
    let widths = TextColumn.key.map { column in
      UInt64.bitWidth - UInt64(max(1, dictionary(column).count) - 1).leadingZeroBitCount
    }
    if widths.reduce(0, +) <= UInt64.bitWidth {
      return [packed([.user, .entity, .entityType, .dimension], widths)]
    }
    return [packed([.entityType, .dimension], Array(widths[2...])), packed([.user, .entity], Array(widths[..<2]))]
  }

  private func packed(_ columns: [TextColumn], _ widths: [Int]) -> [UInt64] {
    var keys = [UInt64](repeating: 0, count: count)
    for (column, width) in zip(columns, widths) where width > 0 {
      let ranks = Self.ranks(dictionary(column))
      let codes = codes(column)
      for row in keys.indices { keys[row] = keys[row] << UInt64(width) | UInt64(ranks[Int(codes[row])]) }
    }
    return keys
  }

  /// The place of every code in bytewise order. Of large dictionaries the first 22 bits that differ, of the first eight
  /// bytes, are sorted by radix, in two passes, and only strings that agree in these are compared.
  private static func ranks(_ dictionary: ByteStringDictionary) -> [UInt32] {
    guard dictionary.count > 4_096 else { return dictionary.ranks() }
    var start = 0
    let prefixes = dictionary.ends.map { end in
      defer { start = Int(end) }
      return dictionary.word(start, Int(end))
    }
    let differing = prefixes.reduce(0) { $0 | $1 ^ prefixes[0] }
    let shift = UInt64(max(0, 42 - differing.leadingZeroBitCount))
    let leading = prefixes.map { $0 >> shift }
    var codes = [UInt32](0..<UInt32(dictionary.count))
    RadixSort.sort(&codes, by: leading)
    var first = 0
    while first < codes.count {
      var end = first + 1
      while end < codes.count, leading[Int(codes[end])] == leading[Int(codes[first])] { end += 1 }
      if end - first > 1 {
        codes[first..<end].sort { a, b in
          let (prefixA, prefixB) = (prefixes[Int(a)], prefixes[Int(b)])
          return prefixA != prefixB ? prefixA < prefixB : dictionary.compare(a, b) < 0
        }
      }
      first = end
    }
    var ranks = [UInt32](repeating: 0, count: codes.count)
    for (rank, code) in codes.enumerated() { ranks[Int(code)] = UInt32(rank) }
    return ranks
  }

  /// Orders rows of equal key and equal created_at by event id.
  private func orderTies(_ order: inout [UInt32], _ keys: [[UInt64]]) {
    var start = 0
    while start < order.count {
      let first = Int(order[start])
      var end = start + 1
      while end < order.count {
        let row = Int(order[end])
        guard createdAt[row] == createdAt[first], keys.allSatisfy({ $0[row] == $0[first] }) else { break }
        end += 1
      }
      if end - start > 1 {
        order[start..<end].sort { a, b in
          (eventIDHigh[Int(a)], eventIDLow[Int(a)]) < (eventIDHigh[Int(b)], eventIDLow[Int(b)])
        }
      }
      start = end
    }
  }
}
