import Columnar

/// The `entity_growth` of one run, prepared for many small reads.
///
/// What every look-up begins with lies together in memory: the first key of every block by its first bytes. A few tens
/// of bytes for a block of about a thousand entries.
final class GrowthRun: Sendable {
  /// Of one block: the first bytes of its first key, and where it lies.
  struct Fence: Sendable {
    let group: UInt64
    let item: UInt64
    let offset: Int
  }

  // What look-ups need stands in line here, borrowed from the section: each object on the way would be one more wait for memory,
  // since between two reads others have had the caches.
  /// Of the only table, which most files have.
  private let slots: PairTable.Slots?
  private let layouts: BlockLayouts
  /// The section's bytes.
  let file: Bytes
  /// The rank among the texts of all sources of every text of the section.
  let ranks: [UInt32]
  let fences: [Fence]
  let section: RunSection
  private let tables: [PairTable]

  /// Checks the index of the section, and reads nothing else of it.
  init(_ section: RunSection, fences known: [Fence]?, ranks: [UInt32]) throws(StoreError) {
    self.section = section
    self.ranks = ranks
    tables = section.tables
    slots = tables.count == 1 ? tables[0].slots : nil
    layouts = unsafe section.layouts.borrowed
    file = unsafe section.file.borrowed
    if let known {
      fences = known
      return
    }
    var fences: [Fence] = []
    if section.blockCount > 0 { try section.touchIndex() }
    fences.reserveCapacity(section.blockCount)
    for number in 0..<section.blockCount {
      let entry = section.entry(number)
      fences.append(
        Fence(
          group: KeySpan.prefix(file, entry.group.start, entry.group.length),
          item: KeySpan.prefix(file, entry.item.start, entry.item.length), offset: entry.offset))
    }
    self.fences = fences
  }

  /// Adds the entries of one item to rows that newer sources began.
  @inline(__always)
  func add(_ user: KeySpan, _ entity: KeySpan, to rows: inout GrowthRows, hasReset: inout Bool) throws(StoreError) {
    guard !fences.isEmpty else { return }
    var number = firstBlock(user, entity)
    var hint = 0
    while true {
      let block = try block(number)
      let group = block.lowerBound(file, group: user.bytes)
      if group.isEqual,
        let item = block.find(
          file, item: entity, in: block.firstItem(file, group.index)..<block.firstItem(file, group.index + 1))
      {
        let end = block.firstEntry(file, item + 1)
        for entry in block.firstEntry(file, item)..<end {
          try add(block.leaf(file, entry), to: &rows, hint: &hint, hasReset: &hasReset)
        }
        if end < block.entryCount { return }
      }
      number += 1
      guard number < fences.count, compareFirst(number, user, entity) <= 0 else { return }
    }
  }

  /// Whether the file has tables.
  @inline(__always)
  var hasTables: Bool { slots != nil || !tables.isEmpty }

  /// The table that knows a pair.
  private func table(_ user: KeySpan, _ entity: KeySpan) -> PairTable? {
    if slots != nil { return tables[0] }
    // A table begins with an item that begins its first block.
    return tables.last { compareFirst($0.blocks.lowerBound, user, entity) <= 0 } ?? tables.first
  }

  /// Asks for the first slot that a pair may have.
  @inline(__always)
  func prefetchSlot(_ user: KeySpan, _ entity: KeySpan, hash: UInt64) {
    if let slots { slots.prefetch(hash) } else { table(user, entity)?.slots.prefetch(hash) }
  }

  /// Where a table says that a pair may be, and asks for what that leads to, as far as it is known.
  @inline(__always)
  func find(_ user: KeySpan, _ entity: KeySpan, hash: UInt64) throws(StoreError) -> PairTable.Place {
    let place: PairTable.Place
    if let slots, let found = slots.find(hash) { place = found } else { place = try findUnchecked(user, entity, hash) }
    if place.isFound, layouts.contains(place.block) {
      layouts[place.block].prefetch(file, item: place.item, entry: place.entry)
    }
    return place
  }

  @inline(never)
  private func findUnchecked(
    _ user: KeySpan, _ entity: KeySpan, _ hash: UInt64
  ) throws(StoreError) -> PairTable.Place {
    try table(user, entity)?.find(hash) ?? PairTable.Place()
  }

  /// The same by a table, given the hash of the pair and where it looks to be.
  @inline(__always)
  func add(
    _ user: KeySpan, _ entity: KeySpan, hash: UInt64, first: PairTable.Place,
    to rows: inout GrowthRows, hasReset: inout Bool
  ) throws(StoreError) {
    var place = first
    while place.isFound {
      let block = try block(place.block)
      guard place.item < block.itemCount else { throw damage(place, user, entity) }
      if isPair(user, entity, block, place.item) {
        var hint = 0
        let end = block.firstEntry(file, place.item + 1)
        for entry in block.firstEntry(file, place.item)..<end {
          try add(block.leaf(file, entry), to: &rows, hint: &hint, hasReset: &hasReset)
        }
        if end == block.entryCount {
          try addRest(user, entity, after: place.block, to: &rows, hint: &hint, hasReset: &hasReset)
        }
        return
      }
      place = try next(place, user, entity, hash: hash)
    }
  }

  /// The next place after one that was not it.
  private func next(
    _ place: PairTable.Place, _ user: KeySpan, _ entity: KeySpan, hash: UInt64
  ) throws(StoreError) -> PairTable.Place {
    try table(user, entity)?.find(hash, after: place) ?? PairTable.Place()
  }

  private func damage(_ place: PairTable.Place, _ user: KeySpan, _ entity: KeySpan) -> StoreError {
    table(user, entity)?.damage(place)
      ?? StoreError(.corruption, file: section.path, "an item that is not there")
  }

  /// Whether an item of a block is this pair.
  @inline(__always)
  private func isPair(_ user: KeySpan, _ entity: KeySpan, _ block: RunBlock, _ item: Int) -> Bool {
    let key = block.itemKey(file, item)
    guard key.length == entity.length,
      compareKeys(file, key.start, key.length, entity.bytes, entity.start, key.length) == 0
    else { return false }
    let group = block.groupKey(file, block.group(file, ofItem: item))
    return group.length == user.length
      && compareKeys(file, group.start, group.length, user.bytes, user.start, group.length) == 0
  }

  /// Adds what is left of an item in the blocks behind `number`.
  private func addRest(
    _ user: KeySpan, _ entity: KeySpan, after number: Int, to rows: inout GrowthRows, hint: inout Int,
    hasReset: inout Bool
  ) throws(StoreError) {
    var number = number + 1
    while number < fences.count, compareFirst(number, user, entity) == 0 {
      let block = try block(number)
      let end = block.firstEntry(file, 1)
      for entry in 0..<end { try add(block.leaf(file, entry), to: &rows, hint: &hint, hasReset: &hasReset) }
      if end < block.entryCount { return }
      number += 1
    }
  }

  @inline(__always)
  func add(
    _ leaf: RunLeaf, to rows: inout GrowthRows, hint: inout Int, hasReset: inout Bool
  ) throws(StoreError) {
    guard Int(leaf.a) < ranks.count, Int(leaf.b) < ranks.count else { throw unknownText(leaf) }
    if leaf.isReset { hasReset = true }
    rows.add(
      older: leaf.measures, order: UInt64(ranks[Int(leaf.a)]) << 32 | UInt64(ranks[Int(leaf.b)]),
      isReset: leaf.isReset, hint: &hint)
  }

  /// Adds an entry that no other source has anything of, and that comes behind all rows.
  @inline(__always)
  func append(_ leaf: RunLeaf, to rows: inout GrowthRows) throws(StoreError) {
    guard Int(leaf.a) < ranks.count, Int(leaf.b) < ranks.count else { throw unknownText(leaf) }
    // That nothing is left is no row.
    if leaf.isReset, leaf.measures.isEmpty { return }
    rows.append(
      leaf.measures, order: UInt64(ranks[Int(leaf.a)]) << 32 | UInt64(ranks[Int(leaf.b)]), isFinal: leaf.isReset)
  }

  private func unknownText(_ leaf: RunLeaf) -> StoreError {
    StoreError(
      .corruption, file: section.path, "\(section.rollup.name): text \(max(leaf.a, leaf.b)) of \(ranks.count)")
  }

  /// The layout of a block, checked at its first use.
  @inline(__always)
  func block(_ number: Int) throws(StoreError) -> RunBlock {
    layouts.contains(number) ? layouts[number] : try section.block(number)
  }

  /// The last block that begins before (user, entity), where its entries are, or begin; the first block where none does.
  @inline(__always)
  func firstBlock(_ user: KeySpan, _ entity: KeySpan) -> Int {
    var low = 0
    var high = fences.count
    while low < high {
      let middle = (low + high) / 2
      if compareFirst(middle, user, entity) < 0 { low = middle + 1 } else { high = middle }
    }
    return max(low - 1, 0)
  }

  /// Asks for the layout of the block where a user's entries begin.
  @inline(__always)
  func prefetchFirstBlock(_ user: KeySpan) {
    guard !fences.isEmpty else { return }
    let start = fences[firstBlock(user, KeySpan(RunSection.none))].offset
    file.prefetch(start)
    file.prefetch(start &+ 64)
  }

  /// The order of the first key of a block against another.
  @inline(__always)
  func compareFirst(_ number: Int, _ user: KeySpan, _ entity: KeySpan) -> Int {
    let fence = fences[number]
    if fence.group != user.prefix { return fence.group < user.prefix ? -1 : 1 }
    return compareWhole(number, user, entity)
  }

  private func compareWhole(_ number: Int, _ user: KeySpan, _ entity: KeySpan) -> Int {
    section.compareFirst(number, group: user.bytes, item: entity.bytes)
  }
}
