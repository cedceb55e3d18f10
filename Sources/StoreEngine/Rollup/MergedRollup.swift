import Columnar

/// One rollup of a partition in order: runs and memtables merged, equal keys combined.
///
/// Sources stand oldest first, because a full value hides what older sources say of its key.
package final class MergedRollup: RollupCursor {
  package let rollup: Rollup
  /// What the codes of texts mean; sorted.
  package let vocabulary: RollupVocabulary
  private let sources: [RollupCursor]
  /// The sources that stand at the current item, oldest first.
  private var holders: [Int] = []
  private let onlyGroup: KeySpan?

  /// Everything, or from `group` on, or only of `group`. Keys of which nothing is left are passed over.
  package init(
    _ rollup: Rollup, runs: [Run], memtables: [RollupSnapshot], fromGroup group: [UInt8]? = nil,
    onlyGroup: Bool = false
  ) throws(StoreError) {
    self.rollup = rollup
    let vocabulary = RollupVocabulary(rollup, runs: runs, memtables: memtables.map(\.texts))
    self.vocabulary = vocabulary
    self.onlyGroup = onlyGroup ? group.map { KeySpan($0) } : nil
    let start = group.map { Bytes($0) }
    var sources: [RollupCursor] = []
    for run in runs {
      guard let section = run.section(rollup) else { continue }
      let codes = vocabulary.codes(of: section.texts)
      sources.append(
        try RunCursor(section, fromGroup: start, codesOfA: codes, codesOfB: rollup.hasTextB ? codes : nil))
    }
    for memtable in memtables {
      sources.append(
        TableCursor(rollup, memtable, vocabulary: vocabulary, fromGroup: group, onlyGroup: onlyGroup))
    }
    self.sources = sources
    super.init(group: KeySpan([]), item: KeySpan([]))
    try advance()
    isSameItem = false
  }

  override package func advance() throws(StoreError) {
    isSameItem = true
    while true {
      if holders.isEmpty, !findItem() { return }
      if let next = try combineNext(), !next.measures.isEmpty {
        leaf = next
        return
      }
    }
  }

  /// Goes to the smallest item that any source stands at; false at the end.
  private func findItem() -> Bool {
    for (index, source) in sources.enumerated() where !source.isAtEnd {
      if let first = holders.first {
        let order = source.compareItem(sources[first])
        if order > 0 { continue }
        if order < 0 { holders.removeAll(keepingCapacity: true) }
      }
      holders.append(index)
    }
    guard let first = holders.first else {
      isAtEnd = true
      return false
    }
    if let onlyGroup, KeySpan.compare(sources[first].group, onlyGroup) != 0 {
      holders.removeAll()
      isAtEnd = true
      return false
    }
    group = sources[first].group
    item = sources[first].item
    isSameItem = false
    return true
  }

  /// Combines the smallest key that the holders stand at, and moves those that had it.
  private func combineNext() throws(StoreError) -> RunLeaf? {
    if holders.count == 1 {
      let source = sources[holders[0]]
      let next = source.leaf
      try source.advance()
      if source.isAtEnd || !source.isSameItem { holders.removeAll(keepingCapacity: true) }
      return next
    }
    var smallest = UInt64.max
    for holder in holders { smallest = min(smallest, sources[holder].leaf.order) }
    var combined: RunLeaf?
    var left = 0
    for holder in holders {
      let source = sources[holder]
      if source.leaf.order == smallest {
        if combined == nil {
          combined = source.leaf
        } else {
          combined?.measures.combine(newer: source.leaf.measures, isReset: source.leaf.isReset)
          if source.leaf.isReset { combined?.isReset = true }
        }
        try source.advance()
        if source.isAtEnd || !source.isSameItem { continue }
      }
      holders[left] = holder
      left += 1
    }
    holders.removeSubrange(left...)
    return combined
  }
}
