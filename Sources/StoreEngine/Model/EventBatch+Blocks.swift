import Columnar

extension EventBatch {
  /// Rows on their way into a batch, with codes from its dictionaries. The caller has checked the values.
  package struct RowBlock: Sendable {
    package var idHigh: [UInt64]
    package var idLow: [UInt64]
    package var delta: [Int64]
    package var createdAt: [Int64]
    package var user: [UInt32]
    package var entity: [UInt32]
    package var entityType: [UInt32]
    package var dimension: [UInt32]
    package var source: [UInt32]
    package var scope: [UInt32]
    package var metadata: [UInt32]

    package init(capacity: Int) {
      idHigh = Array(repeating: 0, count: capacity)
      idLow = idHigh
      delta = Array(repeating: 0, count: capacity)
      createdAt = delta
      user = Array(repeating: 0, count: capacity)
      entity = user
      entityType = user
      dimension = user
      source = user
      scope = user
      metadata = user
    }
  }

  /// Adds the first `count` rows of a block.
  package mutating func append(_ block: RowBlock, count: Int) {
    eventIDHigh.append(contentsOf: block.idHigh[..<count])
    eventIDLow.append(contentsOf: block.idLow[..<count])
    delta.append(contentsOf: block.delta[..<count])
    createdAt.append(contentsOf: block.createdAt[..<count])
    user.append(contentsOf: block.user[..<count])
    entity.append(contentsOf: block.entity[..<count])
    entityType.append(contentsOf: block.entityType[..<count])
    dimension.append(contentsOf: block.dimension[..<count])
    source.append(contentsOf: block.source[..<count])
    scope.append(contentsOf: block.scope[..<count])
    metadata.append(contentsOf: block.metadata[..<count])
  }

  /// The room for the rows and texts of a batch.
  package struct Room: Sendable {
    fileprivate var rows = 0
    fileprivate var counts = [Int](repeating: 0, count: dictionaryCount)
    fileprivate var lengths = [Int](repeating: 0, count: dictionaryCount)

    package init() {}
  }

  /// The room that this batch takes, and some to spare.
  package func measure(_ room: inout Room) {
    room.rows = count
    func measure(_ place: Int, _ dictionary: borrowing ByteStringDictionary) {
      room.counts[place] = dictionary.count + dictionary.count / 8
      room.lengths[place] = dictionary.arena.count + dictionary.arena.count / 8
    }
    measure(0, users)
    measure(1, entities)
    measure(2, entityTypes)
    measure(3, dimensions)
    measure(4, sources)
    measure(5, scopes)
    measure(6, metadatas)
  }

  /// Makes room at once, so that a batch like the one that was measured need not grow.
  package mutating func reserve(_ room: Room) {
    guard room.rows > 0 else { return }
    eventIDHigh.reserveCapacity(room.rows)
    eventIDLow.reserveCapacity(room.rows)
    user.reserveCapacity(room.rows)
    entity.reserveCapacity(room.rows)
    entityType.reserveCapacity(room.rows)
    dimension.reserveCapacity(room.rows)
    source.reserveCapacity(room.rows)
    scope.reserveCapacity(room.rows)
    metadata.reserveCapacity(room.rows)
    delta.reserveCapacity(room.rows)
    createdAt.reserveCapacity(room.rows)
    users.reserve(count: room.counts[0], length: room.lengths[0])
    entities.reserve(count: room.counts[1], length: room.lengths[1])
    entityTypes.reserve(count: room.counts[2], length: room.lengths[2])
    dimensions.reserve(count: room.counts[3], length: room.lengths[3])
    sources.reserve(count: room.counts[4], length: room.lengths[4])
    scopes.reserve(count: room.counts[5], length: room.lengths[5])
    metadatas.reserve(count: room.counts[6], length: room.lengths[6])
  }
}
