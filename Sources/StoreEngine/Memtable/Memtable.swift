import Columnar

/// The newest events of a partition, in memory: their columns, their aggregates, and an index of their identities.
///
/// A value made of arrays: a snapshot is a copy that costs nothing until the next write. What is in it is also in the
/// log, so it may vanish at any time.
package struct Memtable: Sendable {
  /// In the order of arrival.
  package private(set) var events = EventBatch()
  package private(set) var rollups = RollupTables()
  private var index = KeyIndex()
  /// The hash of each user, by code.
  private var userHashes: [UInt64] = []
  private let hashSeed: UInt64
  /// The first and the last frame whose events are in here; 0 where it is empty.
  package private(set) var firstSequence: UInt64 = 0
  package private(set) var lastSequence: UInt64 = 0

  package init(hashSeed: UInt64) { self.hashSeed = hashSeed }

  package var isEmpty: Bool { events.isEmpty }

  /// The aggregates with the dictionaries that their codes mean.
  package var rollupSnapshot: RollupSnapshot { RollupSnapshot(tables: rollups, batch: events) }

  package var memory: Int { events.memory + rollups.memory + index.memory + userHashes.capacity * 8 }

  /// How the codes of a section translate into the memtable's.
  package struct CodeMap: Sendable {
    fileprivate let columns: [[UInt32]]
  }

  /// Interns the texts of a section; the rows follow with `append`.
  package mutating func intern(_ section: EventBatch) -> CodeMap {
    let columns = [
      Self.intern(section.users, into: &events.users),
      Self.intern(section.entities, into: &events.entities),
      Self.intern(section.entityTypes, into: &events.entityTypes),
      Self.intern(section.dimensions, into: &events.dimensions),
      Self.intern(section.sources, into: &events.sources),
      Self.intern(section.scopes, into: &events.scopes),
      Self.intern(section.metadatas, into: &events.metadatas),
    ]
    for code in userHashes.count..<events.users.count {
      let user = UInt32(code)
      userHashes.append(
        XXH3.hash(events.users.arena, events.users.start(user), events.users.length(user), seed: hashSeed))
    }
    return CodeMap(columns: columns)
  }

  private static func intern(
    _ from: ByteStringDictionary, into dictionary: inout ByteStringDictionary
  ) -> [UInt32] {
    var map: [UInt32] = []
    map.reserveCapacity(from.count)
    for code in 0..<UInt32(from.count) { map.append(dictionary.intern(code, of: from)) }
    return map
  }

  /// Applies rows of a section that are not in the partition yet.
  package mutating func append(_ section: EventBatch, _ rows: Range<Int>, map: CodeMap, sequence: UInt64) {
    let start = events.count
    events.eventIDHigh.append(contentsOf: section.eventIDHigh[rows])
    events.eventIDLow.append(contentsOf: section.eventIDLow[rows])
    events.delta.append(contentsOf: section.delta[rows])
    events.createdAt.append(contentsOf: section.createdAt[rows])
    Self.translate(section.user, rows, map.columns[0], to: &events.user)
    Self.translate(section.entity, rows, map.columns[1], to: &events.entity)
    Self.translate(section.entityType, rows, map.columns[2], to: &events.entityType)
    Self.translate(section.dimension, rows, map.columns[3], to: &events.dimension)
    Self.translate(section.source, rows, map.columns[4], to: &events.source)
    Self.translate(section.scope, rows, map.columns[5], to: &events.scope)
    Self.translate(section.metadata, rows, map.columns[6], to: &events.metadata)
    for row in start..<events.count {
      let hash = keyHash(
        userHash: userHashes[Int(events.user[row])], high: events.eventIDHigh[row], low: events.eventIDLow[row])
      index.insert(hash, row: row)
    }
    rollups.apply(events, rows: start..<events.count)
    if firstSequence == 0 { firstSequence = sequence }
    lastSequence = sequence
  }

  private static func translate(
    _ codes: [UInt32], _ rows: Range<Int>, _ map: [UInt32], to output: inout [UInt32]
  ) {
    for row in rows { output.append(map[Int(codes[row])]) }
  }

  /// The row of an event, by the hash of its key and its identity.
  @inline(__always)
  package func find(hash: UInt64, user: UInt32, high: UInt64, low: UInt64) -> Int? {
    index.find(hash) { row in
      events.eventIDLow[row] == low && events.eventIDHigh[row] == high && events.user[row] == user
    }
  }
}
