package import Columnar

/// The text columns as a list, in the order in which formats write them.
extension EventBatch {
  package static let dictionaryCount = 7

  package static let allowedTimes = Timestamp.earliest.microseconds...Timestamp.latest.microseconds

  package var dictionaries: [ByteStringDictionary] {
    [users, entities, entityTypes, dimensions, sources, scopes, metadatas]
  }

  package var codeColumns: [[UInt32]] { [user, entity, entityType, dimension, source, scope, metadata] }

  /// A batch of whole columns; text columns in the order of `dictionaries`.
  package init(
    eventIDHigh: [UInt64], eventIDLow: [UInt64], codeColumns: [[UInt32]], dictionaries: [ByteStringDictionary],
    delta: [Int64], createdAt: [Int64]
  ) {
    precondition(codeColumns.count == Self.dictionaryCount && dictionaries.count == Self.dictionaryCount)
    self.eventIDHigh = eventIDHigh
    self.eventIDLow = eventIDLow
    self.delta = delta
    self.createdAt = createdAt
    user = codeColumns[0]
    entity = codeColumns[1]
    entityType = codeColumns[2]
    dimension = codeColumns[3]
    source = codeColumns[4]
    scope = codeColumns[5]
    metadata = codeColumns[6]
    users = dictionaries[0]
    entities = dictionaries[1]
    entityTypes = dictionaries[2]
    dimensions = dictionaries[3]
    sources = dictionaries[4]
    scopes = dictionaries[5]
    metadatas = dictionaries[6]
  }

  /// Bytes of memory held.
  package var memory: Int {
    (eventIDHigh.capacity + eventIDLow.capacity + delta.capacity + createdAt.capacity) * 8
      + (user.capacity + entity.capacity + entityType.capacity + dimension.capacity + source.capacity
        + scope.capacity + metadata.capacity) * 4
      + users.memory + entities.memory + entityTypes.memory + dimensions.memory + sources.memory + scopes.memory
      + metadatas.memory
  }

  /// A batch of the given rows, in that order, whose dictionaries hold only what these rows use.
  package func gather(_ rows: [UInt32]) -> EventBatch {
    var result = EventBatch()
    result.append(rows, of: self)
    return result
  }

  /// Appends rows of another batch, recoding their texts.
  package mutating func append(_ rows: [UInt32], of other: EventBatch) {
    eventIDHigh.append(rows, of: other.eventIDHigh)
    eventIDLow.append(rows, of: other.eventIDLow)
    delta.append(rows, of: other.delta)
    createdAt.append(rows, of: other.createdAt)
    Self.recode(rows, other.user, other.users, &user, &users)
    Self.recode(rows, other.entity, other.entities, &entity, &entities)
    Self.recode(rows, other.entityType, other.entityTypes, &entityType, &entityTypes)
    Self.recode(rows, other.dimension, other.dimensions, &dimension, &dimensions)
    Self.recode(rows, other.source, other.sources, &source, &sources)
    Self.recode(rows, other.scope, other.scopes, &scope, &scopes)
    Self.recode(rows, other.metadata, other.metadatas, &metadata, &metadatas)
  }

  /// Texts are interned once per distinct code of the source, not once per row.
  private static func recode(
    _ rows: [UInt32], _ codes: [UInt32], _ from: ByteStringDictionary, _ output: inout [UInt32],
    _ to: inout ByteStringDictionary
  ) {
    let unknown = UInt32.max
    // A few rows of a large batch are cheaper without a table of all its codes.
    if rows.count * 8 < from.count {
      for row in rows { output.append(to.intern(codes[Int(row)], of: from)) }
      return
    }
    var map = [UInt32](repeating: unknown, count: from.count)
    output.makeRoom(rows.count)
    for row in rows {
      let code = codes[Int(row)]
      var mapped = map[Int(code)]
      if mapped == unknown {
        mapped = to.intern(code, of: from)
        map[Int(code)] = mapped
      }
      output.append(mapped)
    }
  }
}

extension Array {
  fileprivate mutating func append(_ rows: [UInt32], of other: [Element]) {
    makeRoom(rows.count)
    for row in rows { append(other[Int(row)]) }
  }

  /// Exactly the room that is needed at first, and twice what there was afterwards: a batch may be added to many times.
  fileprivate mutating func makeRoom(_ more: Int) {
    if capacity < count + more { reserveCapacity(Swift.max(count + more, 2 * count)) }
  }
}
