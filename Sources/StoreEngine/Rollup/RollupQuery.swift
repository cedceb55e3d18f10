import Columnar

/// Reads aggregates of one partition: what its runs and memtables say together.
///
/// Holds nothing but references; making one is cheap. Reads of one item go to the bytes of each run directly and cost
/// about a microsecond; longer ones merge sorted streams (`MergedRollup`).
package struct RollupQuery: Sendable {
  /// Oldest first.
  package let runs: [Run]
  /// Oldest first, newer than all runs.
  package let memtables: [RollupSnapshot]

  package init(runs: [Run], memtables: [RollupSnapshot]) {
    self.runs = runs
    self.memtables = memtables
  }

  /// Which entries of an item are asked for.
  package struct Filter: Sendable {
    /// Only entries with this text as `a`.
    package var a: [UInt8]?
    /// Only entries with this text as `b`, in entity_growth.
    package var b: [UInt8]?
    /// Only entries with a number in this range as `b`, in the other rollups.
    package var numbers: ClosedRange<UInt32> = 0...UInt32.max

    package init(a: [UInt8]? = nil, b: [UInt8]? = nil) {
      self.a = a
      self.b = b
    }

    package init(a: [UInt8]? = nil, days: ClosedRange<Int32>) {
      self.a = a
      numbers = Rollup.code(ofDay: days.lowerBound)...Rollup.code(ofDay: days.upperBound)
    }
  }

  /// Calls `body` with the entries of one item, combined, in order. No strings are made.
  package func forEach(
    _ rollup: Rollup, group: [UInt8], item: [UInt8] = [], where filter: Filter = Filter(),
    _ body: (RollupEntry) throws(StoreError) -> Void
  ) throws(StoreError) {
    for entry in try entries(rollup, group: group, item: item, where: filter) { try body(entry) }
  }

  /// The entries of one item, combined, in order.
  package func entries(
    _ rollup: Rollup, group: [UInt8], item: [UInt8] = [], where filter: Filter = Filter()
  ) throws(StoreError) -> [RollupEntry] {
    var combined: [RollupEntry] = []
    let groupKey = Bytes(group)
    let itemKey = Bytes(item)
    for run in runs {
      guard let section = run.section(rollup) else { continue }
      Self.combine(&combined, newer: try section.entries(group: groupKey, item: itemKey, where: filter))
    }
    for memtable in memtables {
      Self.combine(&combined, newer: memtable.entries(rollup, group: group, item: item, where: filter))
    }
    if combined.contains(where: \.measures.isEmpty) { combined.removeAll(where: \.measures.isEmpty) }
    return combined
  }

  /// The aggregate of one key of entity_growth.
  package func aggregate(
    user: [UInt8], entity: [UInt8], entityType: [UInt8], dimension: [UInt8]
  ) throws(StoreError) -> Aggregate? {
    try entries(.entityGrowth, group: user, item: entity, where: Filter(a: entityType, b: dimension)).first?.measures
  }

  /// A rollup in order: everything, or from a group on, or only one group.
  package func cursor(
    _ rollup: Rollup, fromGroup group: [UInt8]? = nil, onlyGroup: Bool = false
  ) throws(StoreError) -> MergedRollup {
    try MergedRollup(rollup, runs: runs, memtables: memtables, fromGroup: group, onlyGroup: onlyGroup)
  }

  /// Merges the sorted entries of a newer source into those of the older ones.
  private static func combine(_ older: inout [RollupEntry], newer: [RollupEntry]) {
    if newer.isEmpty { return }
    if older.isEmpty {
      older = newer
      return
    }
    var merged: [RollupEntry] = []
    merged.reserveCapacity(older.count + newer.count)
    var left = 0
    var right = 0
    while left < older.count || right < newer.count {
      let order =
        left == older.count ? 1 : right == newer.count ? -1 : RollupEntry.compare(older[left], newer[right])
      if order < 0 {
        merged.append(older[left])
        left += 1
      } else {
        var entry = newer[right]
        right += 1
        if order == 0 {
          if !entry.isReset { entry.measures.merge(older[left].measures) }
          left += 1
        }
        merged.append(entry)
      }
    }
    older = merged
  }
}

extension RunSection {
  /// The entries of one item that pass a filter, in order.
  func entries(group: Bytes, item: Bytes, where filter: RollupQuery.Filter) throws(StoreError) -> [RollupEntry] {
    var from: UInt64 = 0
    var through = UInt64.max
    if let a = filter.a {
      guard let code = code(of: Bytes(a)) else { return [] }
      from = UInt64(code) << 32 | UInt64(rollup.hasTextB ? 0 : filter.numbers.lowerBound)
      through = UInt64(code) << 32 | UInt64(rollup.hasTextB ? .max : filter.numbers.upperBound)
    }
    var onlyB: UInt32?
    if rollup.hasTextB, let b = filter.b {
      guard let code = code(of: Bytes(b)) else { return [] }
      onlyB = code
      if filter.a != nil {
        from |= UInt64(code)
        through = from
      }
    }
    var found: [RollupEntry] = []
    try forEach(group: group, item: item, from: from, through: through) { leaf throws(StoreError) in
      if rollup.hasTextB {
        if let onlyB, onlyB != leaf.b { return }
        found.append(
          RollupEntry(
            a: try text(leaf.a), b: try text(leaf.b), number: 0, measures: leaf.measures, isReset: leaf.isReset))
      } else if filter.numbers.contains(leaf.b) {
        found.append(
          RollupEntry(
            a: try text(leaf.a), b: Self.none, number: leaf.b, measures: leaf.measures, isReset: leaf.isReset))
      }
    }
    return found
  }
}

extension RollupSnapshot {
  /// The entries of one item that pass a filter, in order.
  func entries(
    _ rollup: Rollup, group: [UInt8], item: [UInt8], where filter: RollupQuery.Filter
  ) -> [RollupEntry] {
    let ofA = texts.ofA(rollup)
    guard let groupCode = groups(rollup).find(group) else { return [] }
    guard let itemCode = rollup.hasItems ? entities.find(item) : item.isEmpty ? 0 : nil else { return [] }
    var onlyA: UInt32?
    if let a = filter.a {
      guard let code = ofA.find(a) else { return [] }
      onlyA = code
    }
    var onlyB: UInt32?
    if rollup.hasTextB, let b = filter.b {
      guard let code = texts.dimensions.find(b) else { return [] }
      onlyB = code
    }
    var found: [RollupEntry] = []
    for leaf in leaves(rollup, group: groupCode, item: itemCode) {
      if let onlyA, onlyA != leaf.a { continue }
      let a = Bytes(ofA.bytes(leaf.a))
      if rollup.hasTextB {
        if let onlyB, onlyB != leaf.b { continue }
        found.append(
          RollupEntry(
            a: a, b: Bytes(texts.dimensions.bytes(leaf.b)), number: 0, measures: leaf.measures, isReset: false))
      } else if filter.numbers.contains(leaf.b) {
        found.append(
          RollupEntry(a: a, b: RunSection.none, number: leaf.b, measures: leaf.measures, isReset: false))
      }
    }
    found.sort { RollupEntry.compare($0, $1) < 0 }
    return found
  }
}
