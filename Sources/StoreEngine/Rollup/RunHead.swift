import Columnar

/// One run of a merge: a place among its items, with the layout of the block at hand.
struct RunHead {
  private let section: RunSection
  private let file: Bytes
  private let codesOfA: [UInt32]
  /// Nil where `b` is a number.
  private let codesOfB: [UInt32]?
  private var number = -1
  private var block: RunBlock
  private var itemIndex = 0
  private var groupIndex = 0
  /// Where the current group ends among the items of its block.
  private var groupEnd = 0
  private var entries: Range<Int> = 0..<0
  private(set) var isAtEnd = false
  private(set) var group: KeySpan
  private(set) var item: KeySpan

  /// Stands at the first item of a section, which has one. The codes are those of the merge, by code of the section.
  init(_ section: RunSection, codes: [UInt32]) throws(StoreError) {
    self.section = section
    file = section.file
    codesOfA = codes
    codesOfB = section.rollup.hasTextB ? codes : nil
    group = KeySpan(file, 0, 0)
    item = group
    try section.touchIndex()
    block = try section.block(0)
    try nextBlock()
  }

  /// Calls `body` with the leaves of the item in this block, and goes on to the next item, which is the same where the
  /// block ends within it.
  @inline(__always)
  mutating func takeItem(_ body: (RunLeaf) throws(StoreError) -> Void) throws(StoreError) {
    for entry in entries {
      var leaf = block.leaf(file, entry)
      leaf.a = try translate(leaf.a, codesOfA)
      if let codesOfB { leaf.b = try translate(leaf.b, codesOfB) }
      try body(leaf)
    }
    itemIndex += 1
    if itemIndex == block.itemCount {
      try nextBlock()
    } else {
      if itemIndex == groupEnd {
        groupIndex += 1
        moveToGroup()
      }
      moveToItem()
    }
  }

  /// Appends the leaves of the item, wherever they lie, and goes on to the next item.
  mutating func takeWholeItem(to leaves: inout [RunLeaf]) throws(StoreError) {
    // Only the last item of a block may go on.
    while itemIndex == block.itemCount - 1 {
      let (oldGroup, oldItem) = (group, item)
      try takeItem { leaf in leaves.append(leaf) }
      if isAtEnd || KeySpan.compare(item, oldItem) != 0 || KeySpan.compare(group, oldGroup) != 0 { return }
    }
    try takeItem { leaf in leaves.append(leaf) }
  }

  private mutating func nextBlock() throws(StoreError) {
    number += 1
    guard number < section.blockCount else {
      isAtEnd = true
      return
    }
    if number > 0 { block = try section.block(number) }
    itemIndex = 0
    groupIndex = 0
    moveToGroup()
    moveToItem()
  }

  private mutating func moveToGroup() {
    let (start, length) = block.groupKey(file, groupIndex)
    group.move(start, length)
    groupEnd = block.firstItem(file, groupIndex + 1)
  }

  private mutating func moveToItem() {
    let (start, length) = block.itemKey(file, itemIndex)
    item.move(start, length)
    entries = block.firstEntry(file, itemIndex)..<block.firstEntry(file, itemIndex + 1)
  }

  @inline(__always)
  private func translate(_ code: UInt32, _ codes: [UInt32]) throws(StoreError) -> UInt32 {
    guard Int(code) < codes.count else {
      throw StoreError(.corruption, file: section.path, "\(section.rollup.name): text \(code) of \(codes.count)")
    }
    return codes[Int(code)]
  }
}
