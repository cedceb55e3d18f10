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

  /// Whether no dictionary has more texts than there are events, as frames of the log want it.
  package var isCompact: Bool {
    users.count <= count && entities.count <= count && entityTypes.count <= count && dimensions.count <= count
      && sources.count <= count && scopes.count <= count && metadatas.count <= count
  }
}
