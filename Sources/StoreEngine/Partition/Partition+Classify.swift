import Columnar
import Synchronization

extension Partition {
  /// Which rows of a section are new, and which were seen before.
  package struct Classification: Sendable {
    /// Rows to store, ascending.
    package var fresh: [UInt32] = []
    /// Rows whose event is stored already, with the same content.
    package var duplicates: [UInt32] = []
    /// Rows whose identity is stored already, with other content.
    package var conflicts: [UInt32] = []
  }

  /// Tells new events from repeated ones, exactly and without a window: against the section itself, the memtables, and
  /// every segment.
  package func classify(_ section: EventBatch) throws(StoreError) -> Classification {
    let hashes = keyHashes(section)
    var result = Classification()
    let (files, frozen) = state.withLock { ($0.files, $0.frozen) }
    var open = state.withLock { Self.settle(section, hashes: hashes, in: $0.memtable, into: &result) }
    if let frozen { open = Self.settle(section, rows: open, hashes: hashes, in: frozen, into: &result) }
    try settle(&open, of: section, hashes: hashes, in: files, into: &result)
    settleRepeats(open, of: section, hashes: hashes, into: &result)
    return result
  }

  /// Settles rows against a memtable; returns the rows that it does not know.
  private static func settle(
    _ section: EventBatch, rows: [UInt32]? = nil, hashes: [UInt64], in memtable: Memtable,
    into result: inout Classification
  ) -> [UInt32] {
    let users = (0..<UInt32(section.users.count)).map { memtable.events.users.find($0, of: section.users) }
    var open: [UInt32] = []
    for row in rows ?? Array(0..<UInt32(section.count)) {
      let index = Int(row)
      if let user = users[Int(section.user[index])],
        let other = memtable.find(
          hash: hashes[index], user: user, high: section.eventIDHigh[index], low: section.eventIDLow[index])
      {
        result.note(index, same: section.sameContent(index, as: memtable.events, other))
      } else {
        open.append(row)
      }
    }
    return open
  }

  /// Settles rows against each other: the first of an identity is new.
  private func settleRepeats(
    _ rows: [UInt32], of section: EventBatch, hashes: [UInt64], into result: inout Classification
  ) {
    var seen = KeyIndex()
    for row in rows {
      let index = Int(row)
      let earlier = seen.find(hashes[index]) { place in
        let other = Int(result.fresh[place])
        return section.eventIDLow[other] == section.eventIDLow[index]
          && section.eventIDHigh[other] == section.eventIDHigh[index] && section.user[other] == section.user[index]
      }
      if let earlier {
        result.note(index, same: section.sameContent(index, as: section, Int(result.fresh[earlier])))
      } else {
        seen.insert(hashes[index], row: result.fresh.count)
        result.fresh.append(row)
      }
    }
  }

  /// Settles rows that no memtable knows against the segments, the newest first.
  private func settle(
    _ open: inout [UInt32], of section: EventBatch, hashes: [UInt64], in files: PartitionFiles,
    into result: inout Classification
  ) throws(StoreError) {
    for segment in files.segments.reversed() where !open.isEmpty {
      var suspects: [UInt32] = []
      for row in open {
        let index = Int(row)
        if segment.mayContain(idHigh: section.eventIDHigh[index], idLow: section.eventIDLow[index]),
          try segment.mayContain(keyHash: hashes[index])
        {
          suspects.append(row)
        }
      }
      if suspects.isEmpty { continue }
      let settled = try settle(suspects, of: section, in: segment, into: &result)
      if !settled.isEmpty { open.removeAll(where: settled.contains) }
    }
  }

  /// Looks up suspects in the rows of a segment; returns those that are there.
  private func settle(
    _ suspects: [UInt32], of section: EventBatch, in segment: Segment, into result: inout Classification
  ) throws(StoreError) -> Set<UInt32> {
    // The rows of one user together, as the look-up wants them.
    let rows = suspects.sorted { (section.user[Int($0)], $0) < (section.user[Int($1)], $1) }
    let keys = rows.map { row in
      EventKey(
        user: section.user[Int(row)], high: section.eventIDHigh[Int(row)], low: section.eventIDLow[Int(row)])
    }
    let located = try segment.locate(keys, users: section.users)
    var found: [UInt32] = []
    var locations: [EventLocation] = []
    for (row, location) in zip(rows, located) {
      guard let location else { continue }
      found.append(row)
      locations.append(location)
    }
    guard !found.isEmpty else { return [] }
    let stored = try segment.batch(at: locations, columns: .all)
    for (place, row) in found.enumerated() {
      result.note(Int(row), same: section.sameContent(Int(row), as: stored, place))
    }
    return Set(found)
  }

  private func keyHashes(_ section: EventBatch) -> [UInt64] {
    let users = (0..<UInt32(section.users.count)).map {
      XXH3.hash(section.users.arena, section.users.start($0), section.users.length($0), seed: hashSeed)
    }
    var hashes: [UInt64] = []
    hashes.reserveCapacity(section.count)
    for row in 0..<section.count {
      hashes.append(
        keyHash(
          userHash: users[Int(section.user[row])], high: section.eventIDHigh[row], low: section.eventIDLow[row]))
    }
    return hashes
  }
}

extension Partition.Classification {
  fileprivate mutating func note(_ row: Int, same: Bool) {
    if same { duplicates.append(UInt32(row)) } else { conflicts.append(UInt32(row)) }
  }
}
