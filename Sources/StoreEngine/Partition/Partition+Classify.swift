import Columnar
import Synchronization

extension Partition {
  /// Tells which rows of a batch are in files, or in the memtable on its way there: exactly, and without a window.
  ///
  /// Reads only, so it may fail without harm. What it does not know is settled by `claim`, before anything else happens.
  package func findStored(_ routed: RoutedBatch, into outcome: inout Classification) throws(StoreError) {
    let rows = routed.rows(of: number)
    try openFiles()
    let (files, frozen) = state.withLock { ($0.files, $0.frozen) }
    frozen?.find(routed.batch, rows, hashes: routed.keyHashes, into: &outcome)
    guard !files.segments.isEmpty || !files.expiredKeys.isEmpty else { return }
    let dated = DatedRows(rows, high: routed.batch.eventIDHigh, low: routed.batch.eventIDLow)
    for segment in files.segments.reversed() {
      let suspects = try segment.suspects(dated, keyHashes: routed.keyHashes)
      if !suspects.isEmpty { try settle(suspects, of: routed.batch, in: segment, into: &outcome) }
    }
    for keys in files.expiredKeys { try findExpired(dated, of: routed, in: keys, into: &outcome) }
  }

  /// Notes the rows whose events have expired. What they said is gone, so all are duplicates and none is a conflict.
  private func findExpired(
    _ dated: DatedRows, of routed: RoutedBatch, in keys: ExpiredKeyFile, into outcome: inout Classification
  ) throws(StoreError) {
    let batch = routed.batch
    for row in dated.rows(in: keys.days).map(Int.init) {
      let isExpired = try keys.contains(hash: routed.keyHashes[row]) {
        ExpiredKey.check(
          userCheck: ExpiredKey.userCheck(batch.users.bytes(batch.user[row]), hashSeed: hashSeed),
          high: batch.eventIDHigh[row], low: batch.eventIDLow[row])
      }
      if isExpired { outcome.note(row, same: true) }
    }
  }

  /// Takes up the identities of the rows that are not stored, except `refused`, which is ascending, and tells which of
  /// them are in the memtable already or came before in the same batch. Returns the rows that are new.
  ///
  /// The new rows have to follow with `apply`, or nothing.
  package func claim(
    _ routed: RoutedBatch, refused: [UInt32], into outcome: inout Classification
  ) -> [UInt32] {
    let all = routed.rows(of: number)
    let rows = refused.isEmpty ? all : all.filter { !refused.hasSorted($0) }[...]
    var fresh: [UInt32] = []
    fresh.reserveCapacity(rows.count)
    forEachSlice(of: rows) { slice in
      state.withLock { state in
        state.claim(routed.batch, slice, hashes: routed.keyHashes, fresh: &fresh, into: &outcome)
      }
    }
    return fresh
  }

  /// Looks up suspects in the rows of a segment, and notes those that are there.
  private func settle(
    _ suspects: [UInt32], of batch: EventBatch, in segment: Segment, into outcome: inout Classification
  ) throws(StoreError) {
    // The rows of one user together, as the look-up wants them.
    let rows = suspects.sorted { (batch.user[Int($0)], $0) < (batch.user[Int($1)], $1) }
    let keys = rows.map { row in
      EventKey(user: batch.user[Int(row)], high: batch.eventIDHigh[Int(row)], low: batch.eventIDLow[Int(row)])
    }
    let located = try segment.locate(keys, users: batch.users)
    var found: [UInt32] = []
    var locations: [EventLocation] = []
    for (row, location) in zip(rows, located) {
      guard let location else { continue }
      found.append(row)
      locations.append(location)
    }
    guard !found.isEmpty else { return }
    let stored = try segment.batch(at: locations, columns: .all)
    for (place, row) in found.enumerated() {
      outcome.note(Int(row), same: batch.sameContent(Int(row), as: stored, place))
    }
  }
}

extension Array where Element == UInt32 {
  /// Whether an ascending array has an element.
  fileprivate func hasSorted(_ element: UInt32) -> Bool {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == element
  }
}
