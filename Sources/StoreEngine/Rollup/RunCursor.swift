package import Columnar

/// All entries of one section of a run in order.
package final class RunCursor: RollupCursor {
  private let section: RunSection
  private let file: Bytes
  private var number: Int
  private var block: RunBlock?
  private var groupIndex = 0
  private var itemIndex = 0
  private var entry = 0
  /// Where the current item ends in its block.
  private var itemEnd = 0
  /// Where the current group ends among the items of its block.
  private var groupEnd = 0

  /// Stands at the first entry whose group is not before `group`. `codesOfA` and `codesOfB` translate codes.
  package init(
    _ section: RunSection, fromGroup group: Bytes? = nil, codesOfA: [UInt32]? = nil, codesOfB: [UInt32]? = nil
  ) throws(StoreError) {
    self.section = section
    file = section.file
    number = -1
    super.init(group: KeySpan(section.file, 0, 0), item: KeySpan(section.file, 0, 0))
    self.codesOfA = codesOfA
    self.codesOfB = codesOfB
    guard section.blockCount > 0 else {
      isAtEnd = true
      return
    }
    try section.touchIndex()
    if let group {
      number = section.firstBlock(group: group, item: RunSection.none) - 1
      try nextBlock()
      while let block, !isAtEnd {
        let found = block.lowerBound(file, group: group).index
        if found < block.groupCount {
          try start(block, group: found)
          break
        }
        try nextBlock()
      }
    } else {
      try nextBlock()
    }
    isSameItem = false
  }

  override package func advance() throws(StoreError) {
    guard let block, !isAtEnd else { return }
    entry += 1
    if entry < itemEnd {
      isSameItem = true
    } else {
      isSameItem = false
      itemIndex += 1
      guard itemIndex < block.itemCount else {
        try nextBlock()
        return
      }
      if itemIndex == groupEnd {
        groupIndex += 1
        moveToGroup(block)
      }
      moveToItem(block)
    }
    try decode(block)
  }

  /// Begins the next block. An item may go on from the block before.
  private func nextBlock() throws(StoreError) {
    number += 1
    guard number < section.blockCount else {
      isAtEnd = true
      block = nil
      return
    }
    let next = try section.block(number)
    block = next
    try start(next, group: 0)
  }

  private func start(_ block: RunBlock, group index: Int) throws(StoreError) {
    let (oldGroup, oldItem) = (group, item)
    groupIndex = index
    itemIndex = block.firstItem(file, index)
    moveToGroup(block)
    moveToItem(block)
    isSameItem = KeySpan.compare(oldItem, item) == 0 && KeySpan.compare(oldGroup, group) == 0
    try decode(block)
  }

  private func moveToGroup(_ block: RunBlock) {
    let (start, length) = block.groupKey(file, groupIndex)
    group.move(start, length)
    groupEnd = block.firstItem(file, groupIndex + 1)
  }

  private func moveToItem(_ block: RunBlock) {
    let (start, length) = block.itemKey(file, itemIndex)
    item.move(start, length)
    entry = block.firstEntry(file, itemIndex)
    itemEnd = block.firstEntry(file, itemIndex + 1)
  }

  private func decode(_ block: RunBlock) throws(StoreError) {
    leaf = block.leaf(file, entry)
    if let codesOfA { leaf.a = try translate(leaf.a, codesOfA) }
    if let codesOfB { leaf.b = try translate(leaf.b, codesOfB) }
  }

  private func translate(_ code: UInt32, _ codes: [UInt32]) throws(StoreError) -> UInt32 {
    guard Int(code) < codes.count else {
      throw StoreError(.corruption, file: section.path, "\(section.rollup.name): text \(code) of \(codes.count)")
    }
    return codes[Int(code)]
  }
}
