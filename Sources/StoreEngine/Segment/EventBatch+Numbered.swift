import Columnar

/// Rows on their way into a row group. Nothing is looked up: the texts of one batch are distinct already.
extension EventBatch {
  /// The given rows, with texts numbered by first appearance. The dictionaries of the result can only be read.
  func numbered(_ order: ArraySlice<UInt32>) -> EventBatch {
    var result = EventBatch()
    for column in TextColumn.allCases {
      let source = codes(column)
      result.number(column, order.count, dictionary(column)) { source[Int(order[order.startIndex + $0])] }
    }
    result.appendNumbers(of: self, rows: order)
    return result
  }

  /// How many of the rows, at least one, have distinct metadata of no more than `limit` bytes, but for the last of them.
  func rowsBelow(metadataLimit limit: Int, _ rows: ArraySlice<UInt32>) -> Int {
    guard metadatas.arena.count > limit else { return rows.count }
    var isTaken = [Bool](repeating: false, count: metadatas.count)
    var size = 0
    var count = 0
    for row in rows where size <= limit {
      let code = metadata[Int(row)]
      if !isTaken[Int(code)] {
        isTaken[Int(code)] = true
        size += metadatas.length(code)
      }
      count += 1
    }
    return count
  }

  @inline(__always)
  private mutating func number(
    _ column: TextColumn, _ count: Int, _ texts: ByteStringDictionary, _ code: (Int) -> UInt32
  ) {
    change(column) { codes, dictionary in
      var numbers = [UInt32](repeating: 0, count: texts.count)
      var used: [UInt32] = []
      codes.reserveCapacity(count)
      for place in 0..<count {
        let text = Int(code(place))
        var number = numbers[text]
        if number == 0 {
          used.append(UInt32(text))
          number = UInt32(used.count)
          numbers[text] = number
        }
        codes.append(number - 1)
      }
      dictionary = ByteStringDictionary(unindexed: used, of: texts)
    }
  }
}
