import Columnar

extension EventBatch {
  /// Whether two events of one identity say the same; the user and the event id were compared already.
  package func sameContent(_ row: Int, as other: EventBatch, _ otherRow: Int) -> Bool {
    delta[row] == other.delta[otherRow] && createdAt[row] == other.createdAt[otherRow]
      && entities.equals(entity[row], other.entities, other.entity[otherRow])
      && entityTypes.equals(entityType[row], other.entityTypes, other.entityType[otherRow])
      && dimensions.equals(dimension[row], other.dimensions, other.dimension[otherRow])
      && sources.equals(source[row], other.sources, other.source[otherRow])
      && scopes.equals(scope[row], other.scopes, other.scope[otherRow])
      && metadatas.equals(metadata[row], other.metadatas, other.metadata[otherRow])
  }
}
