import Columnar

/// The newest events of a partition, in memory: their columns, their aggregates, and an index of their identities. Beside them
/// its newest memory units.
///
/// A value made of arrays: a snapshot is a copy that costs nothing until the next write. What is in it is also in the
/// log, so it may vanish at any time.
package struct Memtable: Sendable {
  /// In the order of arrival.
  package private(set) var events = EventBatch()
  package private(set) var rollups = MemtableRollups()
  /// Of all events here, and of those that were claimed and are on their way into the log.
  private var index = KeyIndex()
  /// The memory units, in a table where there are some: copies of a memtable without take no reference more.
  private var unitTables: [UnitTable] = []
  /// The first and the last frame whose events or memory units are in here; 0 where it is empty.
  package private(set) var firstSequence: UInt64 = 0
  package private(set) var lastSequence: UInt64 = 0

  package init() {}

  package var isEmpty: Bool { events.isEmpty && unitTables.isEmpty }

  /// The aggregates with the dictionaries that their codes mean.
  package var rollupSnapshot: RollupSnapshot { RollupSnapshot(rollups, batch: events) }

  /// The dictionaries alone.
  package var texts: MemtableTexts { MemtableTexts(entityTypes: events.entityTypes, dimensions: events.dimensions) }

  package var memory: Int { events.memory + rollups.memory + index.memory + (units?.memory ?? 0) }

  // MARK: Identities

  /// Takes up the identities of rows of a batch that are not here yet, as those of the events that will be appended next.
  ///
  /// `fresh` gathers the rows that were taken up, over all calls for one commit. Between the first call and `append` of
  /// all of them nothing else may happen; where that does not come to pass, the memtable is good for reading only.
  package mutating func claim(
    _ batch: EventBatch, _ rows: ArraySlice<UInt32>, hashes: [UInt64], fresh: inout [UInt32],
    into outcome: inout Classification
  ) {
    Self.claim(&index, events, batch, rows, hashes, &fresh, &outcome)
  }

  private static func claim(
    _ index: inout KeyIndex, _ events: EventBatch, _ batch: EventBatch, _ rows: ArraySlice<UInt32>,
    _ hashes: [UInt64], _ fresh: inout [UInt32], _ outcome: inout Classification
  ) {
    let stored = events.count
    let (high, low, users) = (batch.eventIDHigh, batch.eventIDLow, batch.user)
    index.claim(
      rows, hashes: hashes,
      matches: { number, row in
        if number < stored { return isEvent(number, of: events, row, of: batch) }
        let other = Int(fresh[number - stored])
        return low[other] == low[row] && high[other] == high[row] && users[other] == users[row]
      },
      found: { row, number in
        let isSame =
          number < stored
          ? batch.sameContent(row, as: events, number)
          : batch.sameContent(row, as: batch, Int(fresh[number - stored]))
        outcome.note(row, same: isSame)
      },
      added: { fresh.append(UInt32($0)) })
  }

  /// Which of the rows of a batch are here.
  package func find(
    _ batch: EventBatch, _ rows: ArraySlice<UInt32>, hashes: [UInt64], into outcome: inout Classification
  ) {
    index.find(
      rows, hashes: hashes, matches: { number, row in Self.isEvent(number, of: events, row, of: batch) },
      found: { row, number in outcome.note(row, same: batch.sameContent(row, as: events, number)) })
  }

  private static func isEvent(
    _ number: Int, of events: EventBatch, _ row: Int, of batch: EventBatch
  ) -> Bool {
    events.eventIDLow[number] == batch.eventIDLow[row] && events.eventIDHigh[number] == batch.eventIDHigh[row]
      && batch.users.equals(batch.user[row], events.users, events.user[number])
  }

  // MARK: Events

  /// Applies rows of a batch whose identities were claimed, or that will never be asked for. `recoder` belongs to the batch
  /// and to this memtable.
  package mutating func append(
    _ batch: EventBatch, _ rows: ArraySlice<UInt32>, recoder: inout BatchRecoder, sequence: UInt64
  ) {
    let start = events.count
    events.append(batch, rows: rows, recoder: &recoder)
    finish(from: start, sequence)
  }

  /// The same for one row.
  package mutating func append(_ batch: EventBatch, row: Int, sequence: UInt64) {
    let start = events.count
    events.append(row: row, of: batch)
    finish(from: start, sequence)
  }

  private mutating func finish(from start: Int, _ sequence: UInt64) {
    rollups.apply(events, rows: start..<events.count)
    note(sequence)
  }

  private mutating func note(_ sequence: UInt64) {
    if firstSequence == 0 { firstSequence = sequence }
    lastSequence = sequence
  }

  // MARK: Memory units

  /// The memory units; nil where there are none.
  package var units: UnitTable? { unitTables.first }

  /// Adds versions of memory units of one frame that are new. `hashSeed` is the store's.
  package mutating func append(_ units: [UnitVersion], hashSeed: UInt64, sequence: UInt64) {
    guard !units.isEmpty else { return }
    if unitTables.isEmpty { unitTables.append(UnitTable()) }
    for unit in units { unitTables[0].append(unit, hash: unit.hash(hashSeed: hashSeed)) }
    note(sequence)
  }
}
