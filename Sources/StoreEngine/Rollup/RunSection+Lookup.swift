package import Columnar

extension RunSection {
  /// The code of a text, or nil where no entry of this run has it.
  package func code(of text: Bytes) -> UInt32? {
    var low = 0
    var high = texts.count
    while low < high {
      let middle = (low + high) / 2
      let order = Bytes.compare(texts[middle], text)
      if order == 0 { return UInt32(middle) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  /// The text of a code in an entry.
  package func text(_ code: UInt32) throws(StoreError) -> Bytes {
    guard Int(code) < texts.count else {
      throw StoreError(.corruption, file: path, "\(rollup.name): text \(code) of \(texts.count)")
    }
    return texts[Int(code)]
  }

  /// Calls `body` with the entries of one item whose (a, b) lie in a range, in order.
  package func forEach(
    group: Bytes, item: Bytes, from: UInt64 = 0, through: UInt64 = .max,
    _ body: (RunLeaf) throws(StoreError) -> Void
  ) throws(StoreError) {
    guard blockCount > 0 else { return }
    try touchIndex()
    var number = firstBlock(group: group, item: item)
    while number < blockCount {
      let block = try block(number)
      if let entries = entries(block, group: group, item: item) {
        var entry = from == 0 ? entries.lowerBound : block.lowerBound(file, order: from, in: entries)
        while entry < entries.upperBound {
          let leaf = block.leaf(file, entry)
          if leaf.order > through { return }
          try body(leaf)
          entry += 1
        }
        if entries.upperBound < block.entryCount { return }
      }
      number += 1
      if number < blockCount, compareFirst(number, group: group, item: item) > 0 { return }
    }
  }

  /// Calls `body` with the item key and the entries of all items of a group, in order.
  package func forEach(
    group: Bytes, _ body: (_ item: KeySpan, _ leaf: RunLeaf) throws(StoreError) -> Void
  ) throws(StoreError) {
    guard blockCount > 0 else { return }
    try touchIndex()
    var number = firstBlock(group: group, item: Self.none)
    while number < blockCount {
      let block = try block(number)
      let found = block.lowerBound(file, group: group)
      if found.isEqual {
        var key = KeySpan(file, 0, 0)
        for item in block.firstItem(file, found.index)..<block.firstItem(file, found.index + 1) {
          let (start, length) = block.itemKey(file, item)
          key.move(start, length)
          for entry in block.firstEntry(file, item)..<block.firstEntry(file, item + 1) {
            try body(key, block.leaf(file, entry))
          }
        }
      }
      if found.index < block.groupCount - 1 { return }
      number += 1
      guard number < blockCount else { return }
      let next = entry(number).group
      if compareKeys(file, next.start, next.length, group, 0, group.count) > 0 { return }
    }
  }

  /// The entry of a key, with codes of this run.
  package func find(group: Bytes, item: Bytes, a: UInt32, b: UInt32) throws(StoreError) -> RunLeaf? {
    let order = UInt64(a) << 32 | UInt64(b)
    var found: RunLeaf?
    try forEach(group: group, item: item, from: order, through: order) { leaf in found = leaf }
    return found
  }

  /// The entries of an item within a block, or nil where it is not there.
  @inline(__always)
  private func entries(_ block: RunBlock, group: Bytes, item: Bytes) -> Range<Int>? {
    let foundGroup = block.lowerBound(file, group: group)
    guard foundGroup.isEqual else { return nil }
    let items = block.firstItem(file, foundGroup.index)..<block.firstItem(file, foundGroup.index + 1)
    let foundItem = block.lowerBound(file, item: item, in: items)
    guard foundItem.isEqual else { return nil }
    return block.firstEntry(file, foundItem.index)..<block.firstEntry(file, foundItem.index + 1)
  }

  package static let none = Bytes([])
}
