import Columnar

extension Partition {
  /// What the lock of a partition guards.
  package struct State: Sendable {
    // What every read asks comes first, beside the lock.
    /// What reads need to know of the sources as they are; nil where that is to be found out.
    private(set) var sources: GrowthSources?
    /// Whether a memtable is aside: to look at so large an optional copies it.
    private(set) var hasFrozen = false
    package private(set) var memtable = Memtable()
    package private(set) var frozen: Memtable? { didSet { hasFrozen = frozen != nil } }
    package private(set) var files: PartitionFiles {
      didSet { rowGroups.keep(files.segments, of: oldValue.segments) }
    }
    let rowGroups: RowGroupCache
    let hashSeed: UInt64
    /// The last that were known; nil as long as nobody has read.
    private(set) var lastSources: GrowthSources?

    init(files: PartitionFiles, rowGroups: RowGroupCache, hashSeed: UInt64) {
      self.files = files
      self.rowGroups = rowGroups
      self.hashSeed = hashSeed
    }

    var view: PartitionView {
      PartitionView(
        files: files, memtables: frozen.map { [$0, memtable] } ?? [memtable], sources: sources, rowGroups: rowGroups,
        hashSeed: hashSeed)
    }
  }

  /// What another state has taken the place of.
  struct Former: Sendable {
    let files: PartitionFiles
    let frozen: Memtable?
    let sources: GrowthSources?
  }
}

extension Partition.State {
  // MARK: The memtable

  /// See `Memtable.claim`.
  mutating func claim(
    _ batch: EventBatch, _ rows: ArraySlice<UInt32>, hashes: [UInt64], fresh: inout [UInt32],
    into outcome: inout Classification
  ) {
    memtable.claim(batch, rows, hashes: hashes, fresh: &fresh, into: &outcome)
  }

  mutating func append(
    _ batch: EventBatch, _ rows: ArraySlice<UInt32>, recoder: inout BatchRecoder, sequence: UInt64
  ) {
    memtable.append(batch, rows, recoder: &recoder, sequence: sequence)
    if sources != nil { fitSources() }
  }

  mutating func append(_ batch: EventBatch, row: Int, sequence: UInt64) {
    memtable.append(batch, row: row, sequence: sequence)
    if sources != nil { fitSources() }
  }

  mutating func append(_ units: [UnitVersion], sequence: UInt64) {
    memtable.append(units, hashSeed: hashSeed, sequence: sequence)
  }

  /// Moves the memtable aside; false where there is nothing to move, or one is aside already.
  mutating func freeze() -> Bool {
    guard frozen == nil, !memtable.isEmpty else { return false }
    frozen = memtable
    memtable = Memtable()
    sources = sources?.beside(memtableTexts)
    return true
  }

  /// The texts of all memtables, oldest first.
  var memtableTexts: [MemtableTexts] { frozen.map { [$0.texts, memtable.texts] } ?? [memtable.texts] }

  /// Calls `body` with the memtables that hold events, in place, and with their place among all of them.
  @inline(__always)
  mutating func forEachMemtable(_ body: (borrowing Memtable, Int) -> Void) {
    if !hasFrozen {
      if !memtable.events.isEmpty { body(memtable, 0) }
    } else {
      body(frozen!, 0)
      body(memtable, 1)
    }
  }

  // MARK: Files

  /// Takes newer files, and returns what they take the place of. `known` are the sources as far as they were found out before.
  mutating func take(_ newest: PartitionFiles, _ known: GrowthSources? = nil, withoutFrozen: Bool) -> Partition.Former {
    let former = Partition.Former(files: files, frozen: withoutFrozen ? frozen : nil, sources: lastSources)
    files = newest
    if withoutFrozen { frozen = nil }
    sources = known?.beside(memtableTexts)
    if let known { lastSources = sources ?? known }
    return former
  }

  /// Of a reader: files together with the memtable that belongs to them.
  mutating func take(_ newest: PartitionFiles, _ memtable: Memtable) -> Partition.Former {
    self.memtable = memtable
    return take(newest, withoutFrozen: false)
  }

  // MARK: Sources of reads

  /// What reads need to know of all sources; found out anew where a file came or went, or a text that nobody knew.
  mutating func growthSources() throws(StoreError) -> GrowthSources {
    if let sources { return sources }
    let made = try GrowthSources(runs: files.runs, memtables: memtableTexts, previous: lastSources)
    sources = made
    lastSources = made
    return made
  }

  /// Takes note of texts that came to the memtable.
  private mutating func fitSources() {
    guard let known = sources, !memtable.fits(known, at: hasFrozen ? 1 : 0) else { return }
    sources = known.beside(memtableTexts)
    if let sources { lastSources = sources }
  }
}
