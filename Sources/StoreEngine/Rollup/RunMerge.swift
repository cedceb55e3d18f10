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
    // The heads by item, then by age.
    var order: [Int] = []
    for index in heads.indices { insert(index, into: &order, heads) }
    var combined: [RunLeaf] = []
    var newer: [RunLeaf] = []
    var items = 0
    while let first = order.first {
      items += 1
      if items % itemsBetweenQuestions == 0, try !proceed() { return false }
      var holders = 1
      while holders < order.count, RunHead.compare(heads[first], heads[order[holders]]) == 0 { holders += 1 }
      try writer.beginItem(group: heads[first].group, item: heads[first].item)
      if holders == 1 {
        try heads[first].takeItem { leaf throws(StoreError) in
          try append(leaf, includesOldest, to: &writer)
        }
      } else {
        combined.removeAll(keepingCapacity: true)
        for index in order[..<holders] {
          newer.removeAll(keepingCapacity: true)
          try heads[index].takeWholeItem(to: &newer)
          combine(&combined, newer)
        }
        for leaf in combined { try append(leaf, includesOldest, to: &writer) }
      }
      let moved = order[..<holders]
      order.removeFirst(holders)
      for index in moved where !heads[index].isAtEnd { insert(index, into: &order, heads) }
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

  private static func insert(_ index: Int, into order: inout [Int], _ heads: [RunHead]) {
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      let compared = RunHead.compare(heads[order[middle]], heads[index])
      if compared < 0 || (compared == 0 && order[middle] < index) { low = middle + 1 } else { high = middle }
    }
    order.insert(index, at: low)
  }

  /// Combines what an older and a newer run say of one item, both in order.
  private static func combine(_ older: inout [RunLeaf], _ newer: [RunLeaf]) {
    if older.isEmpty {
      older = newer
      return
    }
    var merged: [RunLeaf] = []
    merged.reserveCapacity(older.count + newer.count)
    var left = 0
    for leaf in newer {
      while left < older.count, older[left].order < leaf.order {
        merged.append(older[left])
        left += 1
      }
      guard left < older.count, older[left].order == leaf.order else {
        merged.append(leaf)
        continue
      }
      var both = older[left]
      both.measures.combine(newer: leaf.measures, isReset: leaf.isReset)
      if leaf.isReset { both.isReset = true }
      merged.append(both)
      left += 1
    }
    merged.append(contentsOf: older[left...])
    older = merged
  }
}
