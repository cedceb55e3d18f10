import Columnar

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
      let suspects = open.filter { row in
        segment.mayContain(idHigh: section.eventIDHigh[Int(row)], idLow: section.eventIDLow[Int(row)])
          && segment.mayContain(keyHash: hashes[Int(row)])
      }
      if suspects.isEmpty { continue }
      let found = try segment.find(suspects, of: section)
      if found.isEmpty { continue }
      for match in found { result.note(Int(match.row), same: match.sameContent) }
      let settled = Set(found.map(\.row))
      open.removeAll(where: settled.contains)
    }
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
