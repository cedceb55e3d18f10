import Columnar

/// A place among the items of one user in a run. Values of it stand side by side while runs are merged.
struct GrowthRunCursor {
  let run: GrowthRun
  private var block: RunBlock
  private var number: Int
  private var item: Int
  /// Where the user's items of this block end.
  private var itemEnd: Int
  private var isLastGroup: Bool
  /// The key of the current item.
  private(set) var key: KeySpan

  /// Stands at the first item; nil where the run has none of the user.
  init?(_ run: GrowthRun, _ user: KeySpan) throws(StoreError) {
    guard !run.fences.isEmpty else { return nil }
    self.run = run
    key = KeySpan(run.file, 0, 0)
    number = run.firstBlock(user, KeySpan(RunSection.none))
    block = try run.block(number)
    (item, itemEnd, isLastGroup) = (0, 0, true)
    var isFound = enter(user)
    if !isFound, isLastGroup { isFound = try enterNext(user) }
    guard isFound else { return nil }
    moveToItem()
  }

  /// Adds the entries of the current item, and goes to the next; false at the end of the user.
  @inline(__always)
  mutating func take(
    _ user: KeySpan, into rows: inout GrowthRows, from start: Int, hasReset: inout Bool
  ) throws(StoreError) -> Bool {
    var hint = start
    for entry in block.firstEntry(run.file, item)..<block.firstEntry(run.file, item + 1) {
      try run.add(block.leaf(run.file, entry), to: &rows, hint: &hint, hasReset: &hasReset)
    }
    item += 1
    if item == itemEnd {
      guard isLastGroup, try enterNext(user) else { return false }
    }
    moveToItem()
    return true
  }

  /// Adds all that is left of the user, where no other source has anything of it: every entry is a row.
  mutating func takeAll(_ user: KeySpan, into rows: inout GrowthRows) throws(StoreError) {
    let file = run.file
    var last: KeySpan?
    while true {
      rows.reserve(block.firstEntry(file, itemEnd) - block.firstEntry(file, item))
      var entry = block.firstEntry(file, item)
      while item < itemEnd {
        moveToItem()
        // An item goes on where its block ends.
        if last.map({ KeySpan.compare($0, key) != 0 }) ?? true { rows.beginItem(key) }
        last = nil
        let end = block.firstEntry(file, item + 1)
        while entry < end {
          try run.append(block.leaf(file, entry), to: &rows)
          entry += 1
        }
        item += 1
      }
      last = key
      guard isLastGroup, try enterNext(user) else { return }
    }
  }

  @inline(__always)
  private mutating func moveToItem() {
    let (start, length) = block.itemKey(run.file, item)
    key.move(start, length)
  }

  /// Finds the user in the current block.
  private mutating func enter(_ user: KeySpan) -> Bool {
    let group = block.lowerBound(run.file, group: user.bytes)
    isLastGroup = group.index >= block.groupCount - 1
    guard group.isEqual else { return false }
    item = block.firstItem(run.file, group.index)
    itemEnd = block.firstItem(run.file, group.index + 1)
    return true
  }

  /// Goes to the next block, where the user may go on or begin.
  private mutating func enterNext(_ user: KeySpan) throws(StoreError) -> Bool {
    number += 1
    guard number < run.fences.count, run.fences[number].group <= user.prefix else { return false }
    block = try run.block(number)
    return enter(user)
  }
}
