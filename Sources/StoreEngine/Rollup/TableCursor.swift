import Columnar

/// All entries of one rollup of a memtable in order.
///
/// Sorts the groups at once, and the items and leaves of a group when it comes to it, so that reading on from a group
/// or only one group does no needless work.
package final class TableCursor: RollupCursor {
  private let rollup: Rollup
  private let snapshot: RollupSnapshot
  private let groups: ByteStringDictionary
  private let items: ByteStringDictionary
  private let hasItems: Bool
  /// The groups to visit, sorted.
  private var groupCodes: [UInt32]
  private var groupIndex = -1
  /// The items of the group, sorted, and their keys end to end.
  private var itemCodes: [UInt32] = []
  private var itemIndex = 0
  /// The leaves of the item, sorted.
  private var leaves: [RunLeaf] = []
  private var leafIndex = 0

  /// All groups, or those not before `group`, or only that one. Codes of texts are those of the vocabulary.
  package init(
    _ rollup: Rollup, _ snapshot: RollupSnapshot, vocabulary: RollupVocabulary, fromGroup group: [UInt8]? = nil,
    onlyGroup: Bool = false
  ) {
    self.rollup = rollup
    self.snapshot = snapshot
    groups = snapshot.groups(rollup)
    items = snapshot.entities
    hasItems = rollup.hasItems
    groupCodes = Self.groupCodes(rollup, snapshot, groups, from: group, only: onlyGroup)
    super.init(group: KeySpan([]), item: KeySpan([]))
    codesOfA = vocabulary.codes(of: snapshot.texts.ofA(rollup))
    codesOfB = rollup.hasTextB ? vocabulary.codes(of: snapshot.texts.dimensions) : nil
    nextGroup()
  }

  override package func advance() throws(StoreError) {
    leafIndex += 1
    if leafIndex < leaves.count {
      isSameItem = true
      leaf = leaves[leafIndex]
      return
    }
    isSameItem = false
    itemIndex += 1
    if itemIndex < itemCodes.count {
      item.move(item.start + item.length, items.length(itemCodes[itemIndex]))
      startItem()
    } else {
      nextGroup()
    }
  }

  private func nextGroup() {
    groupIndex += 1
    guard groupIndex < groupCodes.count else {
      isAtEnd = true
      return
    }
    let code = groupCodes[groupIndex]
    group = KeySpan(groups.bytes(code))
    itemIndex = 0
    if hasItems {
      itemCodes = snapshot.items(rollup, group: code)
      sort(&itemCodes, by: items)
      var keys = ByteWriter()
      for item in itemCodes { keys.append(items.bytes(item)) }
      item = KeySpan(Bytes(keys.bytes), 0, items.length(itemCodes[0]))
    } else {
      itemCodes = [0]
      item = KeySpan([])
    }
    startItem()
  }

  private func startItem() {
    leaves = snapshot.leaves(rollup, group: groupCodes[groupIndex], item: itemCodes[itemIndex])
    for index in leaves.indices {
      if let codesOfA { leaves[index].a = codesOfA[Int(leaves[index].a)] }
      if let codesOfB { leaves[index].b = codesOfB[Int(leaves[index].b)] }
    }
    if leaves.count > 1 { leaves.sort { $0.order < $1.order } }
    leafIndex = 0
    leaf = leaves[0]
  }

  private func sort(_ codes: inout [UInt32], by dictionary: ByteStringDictionary) {
    if codes.count > 1 { codes.sort { dictionary.compare($0, $1) < 0 } }
  }

  private static func groupCodes(
    _ rollup: Rollup, _ snapshot: RollupSnapshot, _ groups: ByteStringDictionary, from group: [UInt8]?, only: Bool
  ) -> [UInt32] {
    if only, let group {
      guard let code = groups.find(group), snapshot.contains(rollup, group: code) else { return [] }
      return [code]
    }
    let sorted = groups.sortedCodes().filter { snapshot.contains(rollup, group: $0) }
    guard let group else { return sorted }
    let key = KeySpan(group)
    return Array(sorted.drop { KeySpan.compare(KeySpan(groups.bytes($0)), key) < 0 })
  }
}
