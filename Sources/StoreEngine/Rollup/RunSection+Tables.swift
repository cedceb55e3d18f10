import Columnar

extension RunSection {
  /// Checks that the tables find every pair where it begins, and hold nothing else.
  func checkTables() throws(StoreError) {
    var user = KeySpan(file, 0, 0)
    var entity = KeySpan(file, 0, 0)
    var isFirst = true
    for table in tables {
      var pairs = 0
      for number in table.blocks {
        let block = try block(number)
        for group in 0..<block.groupCount {
          let (start, length) = block.groupKey(file, group)
          let key = KeySpan(file, start, length)
          let isSameUser = KeySpan.compare(user, key) == 0
          user = key
          let seed = QuickHash.hash(file, start, length, seed: 0)
          for item in block.firstItem(file, group)..<block.firstItem(file, group + 1) {
            let (start, length) = block.itemKey(file, item)
            // An item may go on from the block before.
            let isSame = isSameUser && KeySpan.compare(entity, KeySpan(file, start, length)) == 0
            entity.move(start, length)
            if isSame, !isFirst { continue }
            isFirst = false
            pairs += 1
            try check(
              table, QuickHash.hash(file, start, length, seed: seed), block: number, item: item,
              entry: block.firstEntry(file, item))
          }
        }
      }
      let taken = try table.takenSlots()
      guard pairs == table.count, pairs == taken else {
        throw StoreError(
          .corruption, file: path, offset: table.head.offset,
          "a table of \(table.count) pairs with \(taken) slots taken, where \(pairs) begin")
      }
    }
  }

  private func check(
    _ table: PairTable, _ hash: UInt64, block: Int, item: Int, entry: Int
  ) throws(StoreError) {
    var place = try table.find(hash)
    while place.isFound, (place.block, place.item, place.entry) != (block, item, entry) {
      place = try table.find(hash, after: place)
    }
    guard place.isFound else {
      throw StoreError(
        .corruption, file: path, offset: table.offset, "a table of pairs lacks item \(item) of block \(block)")
    }
  }
}
