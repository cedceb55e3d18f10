/// Merges runs into one.
package enum RunMerge {
  /// Writes one run that says what `runs`, oldest first, say together. They follow each other in the manifest.
  ///
  /// `includesOldest` says that no older run remains: then there is nothing that a full value could hide, entries
  /// become plain, and keys that are gone leave no trace.
  ///
  /// - Parameter proceed: called now and then; it may wait, and false gives up.
  /// - Returns: the summary, or nil where `proceed` gave up; then what was emitted is worthless.
  package static func merge(
    _ runs: [Run], includesOldest: Bool, fileID: UInt64, emit: @escaping RunWriter.Emit,
    proceed: () throws(StoreError) -> Bool = { true }
  ) throws(StoreError) -> RunSummary? {
    for run in runs where run.unknownSections > 0 {
      throw StoreError(.unsupportedVersion, file: run.path, "holds rollups that this version does not know")
    }
    var writer = try RunWriter(fileID: fileID, emit: emit)
    for rollup in Rollup.allCases {
      let vocabulary = RollupVocabulary(rollup, runs: runs, memtables: [])
      try writer.beginSection(rollup, texts: vocabulary.texts)
      var heads: [RunHead] = []
      for run in runs {
        guard let section = run.section(rollup), section.blockCount > 0 else { continue }
        heads.append(try RunHead(section, codes: vocabulary.codes(of: section.texts)))
      }
      guard try merge(&heads, includesOldest: includesOldest, to: &writer, proceed) else { return nil }
    }
    return try writer.finish()
  }

  private static let itemsBetweenQuestions = 4_096

  /// Items that one run alone holds, most of them, pass through; those of several are combined. False where `proceed` gave up.
  private static func merge(
    _ heads: inout [RunHead], includesOldest: Bool, to writer: inout RunWriter,
    _ proceed: () throws(StoreError) -> Bool
  ) throws(StoreError) -> Bool {
    var keys = heads.map { RunKey($0) }
    // The heads by item, then by age.
    var order: [Int] = []
    for index in heads.indices { order.insert(index, at: place(of: index, in: order, from: 0, keys, heads)) }
    var parts = Parts()
    var items = 0
    while let first = order.first {
      items += 1
      if items % itemsBetweenQuestions == 0, try !proceed() { return false }
      var holders = 1
      while holders < order.count, compare(first, order[holders], keys, heads) == 0 { holders += 1 }
      try writer.beginItem(group: heads[first].group, item: heads[first].item)
      if holders == 1 {
        try heads[first].takeItem { leaf throws(StoreError) in
          try append(leaf, includesOldest, to: &writer)
        }
        if heads[first].isAtEnd {
          order.removeFirst()
        } else {
          keys[first] = RunKey(heads[first])
          let place = place(of: first, in: order, from: 1, keys, heads)
          for index in 1..<place { order[index - 1] = order[index] }
          order[place - 1] = first
        }
        continue
      }
      parts.removeAll()
      for index in order[..<holders] {
        try heads[index].takeWholeItem(to: &parts.leaves)
        parts.ends.append(parts.leaves.count)
      }
      try combine(&parts) { leaf throws(StoreError) in try append(leaf, includesOldest, to: &writer) }
      let moved = order[..<holders]
      order.removeFirst(holders)
      for index in moved where !heads[index].isAtEnd {
        keys[index] = RunKey(heads[index])
        order.insert(index, at: place(of: index, in: order, from: 0, keys, heads))
      }
    }
    return try proceed()
  }

  @inline(__always)
  private static func append(
    _ leaf: RunLeaf, _ includesOldest: Bool, to writer: inout RunWriter
  ) throws(StoreError) {
    guard includesOldest else { return try writer.append(leaf) }
    if leaf.measures.isEmpty { return }
    var plain = leaf
    plain.isReset = false
    try writer.append(plain)
  }

  /// The item at which a head stands, in a form that is compared without touching the file.
  private struct RunKey {
    let group: KeyText
    let item: KeyText

    init(_ head: RunHead) {
      group = KeyText(head.group)
      item = KeyText(head.item)
    }
  }

  /// The order of the items at which two heads stand.
  @inline(__always)
  private static func compare(_ a: Int, _ b: Int, _ keys: [RunKey], _ heads: [RunHead]) -> Int {
    guard let group = KeyText.compare(keys[a].group, keys[b].group) else { return compareKeys(heads[a], heads[b]) }
    if group != 0 { return group }
    guard let item = KeyText.compare(keys[a].item, keys[b].item) else { return compareKeys(heads[a], heads[b]) }
    return item
  }

  @inline(never)
  private static func compareKeys(_ a: RunHead, _ b: RunHead) -> Int {
    let order = KeySpan.compare(a.group, b.group)
    return order != 0 ? order : KeySpan.compare(a.item, b.item)
  }

  /// Where a head belongs among those of `order` from `start` on.
  private static func place(
    of index: Int, in order: [Int], from start: Int, _ keys: [RunKey], _ heads: [RunHead]
  ) -> Int {
    var low = start
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      let compared = compare(order[middle], index, keys, heads)
      if compared < 0 || (compared == 0 && order[middle] < index) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// What several runs say of one item, the oldest first, each in order.
  private struct Parts {
    var leaves: [RunLeaf] = []
    /// Where the leaves of each run end.
    var ends: [Int] = []
    /// Of each run the next leaf.
    var next: [Int] = []

    mutating func removeAll() {
      leaves.removeAll(keepingCapacity: true)
      ends.removeAll(keepingCapacity: true)
      next.removeAll(keepingCapacity: true)
    }
  }

  /// Combines them key by key: every leaf is looked at where it lies, and moved once.
  @inline(__always)
  private static func combine(
    _ parts: inout Parts, _ body: (RunLeaf) throws(StoreError) -> Void
  ) throws(StoreError) {
    parts.next.append(0)
    for end in parts.ends.dropLast() { parts.next.append(end) }
    while true {
      var smallest: UInt64?
      for run in parts.ends.indices where parts.next[run] < parts.ends[run] {
        let order = parts.leaves[parts.next[run]].order
        if order < smallest ?? .max || smallest == nil { smallest = order }
      }
      guard let smallest else { return }
      var combined: RunLeaf?
      for run in parts.ends.indices
      where parts.next[run] < parts.ends[run] && parts.leaves[parts.next[run]].order == smallest {
        let leaf = parts.leaves[parts.next[run]]
        parts.next[run] += 1
        combined?.measures.combine(newer: leaf.measures, isReset: leaf.isReset)
        if leaf.isReset { combined?.isReset = true }
        if combined == nil { combined = leaf }
      }
      if let combined { try body(combined) }
    }
  }
}
