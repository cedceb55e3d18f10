import Columnar

/// A place in a sorted stream of entries of one rollup, whatever holds them: a run, a memtable, or several.
///
/// After `init` it stands at the first entry, or at the end.
package class RollupCursor {
  package internal(set) final var isAtEnd = false
  /// The key of the current entry; valid as long as anyone holds it.
  package internal(set) final var group: KeySpan
  package internal(set) final var item: KeySpan
  package internal(set) final var leaf = RunLeaf(a: 0, b: 0, measures: .empty, isReset: false)
  /// Whether group and item are those of the entry before.
  package internal(set) final var isSameItem = false
  /// Codes of `a` and `b` in the vocabulary in which several sources agree; nil where they stand as they are.
  final var codesOfA: [UInt32]?
  final var codesOfB: [UInt32]?

  init(group: KeySpan, item: KeySpan) {
    self.group = group
    self.item = item
  }

  /// Goes to the next entry.
  package func advance() throws(StoreError) { isAtEnd = true }
}

extension RollupCursor {
  /// Order of the current (group, item) of two cursors, neither at its end.
  @inline(__always)
  final func compareItem(_ other: RollupCursor) -> Int {
    let order = KeySpan.compare(group, other.group)
    return order != 0 ? order : KeySpan.compare(item, other.item)
  }
}
