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
      let ranks = dictionary(column).ranks()
      let codes = codes(column)
      for row in keys.indices { keys[row] = keys[row] << UInt64(width) | UInt64(ranks[Int(codes[row])]) }
    }
    return keys
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
