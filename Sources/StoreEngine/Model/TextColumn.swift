package import Columnar

/// The dictionary-coded columns of a segment, in the order in which a row group stores them.
package enum TextColumn: Int, Sendable, CaseIterable {
  case user, entity, entityType, dimension, source, scope, metadata

  /// The name in statistics and dumps.
  package var name: String {
    switch self {
    case .user: "user"
    case .entity: "entity"
    case .entityType: "entity_type"
    case .dimension: "dimension"
    case .source: "source"
    case .scope: "scope"
    case .metadata: "metadata"
    }
  }

  /// The columns that the order of a segment begins with.
  package static let key: [TextColumn] = [.user, .entity, .entityType, .dimension]
}

extension EventBatch {
  package func codes(_ column: TextColumn) -> [UInt32] {
    switch column {
    case .user: user
    case .entity: entity
    case .entityType: entityType
    case .dimension: dimension
    case .source: source
    case .scope: scope
    case .metadata: metadata
    }
  }

  package func dictionary(_ column: TextColumn) -> ByteStringDictionary {
    switch column {
    case .user: users
    case .entity: entities
    case .entityType: entityTypes
    case .dimension: dimensions
    case .source: sources
    case .scope: scopes
    case .metadata: metadatas
    }
  }

  /// Changes the codes and the dictionary of one column in place.
  package mutating func change<R, E: Error>(
    _ column: TextColumn, _ body: (inout [UInt32], inout ByteStringDictionary) throws(E) -> R
  ) throws(E) -> R {
    switch column {
    case .user: try body(&user, &users)
    case .entity: try body(&entity, &entities)
    case .entityType: try body(&entityType, &entityTypes)
    case .dimension: try body(&dimension, &dimensions)
    case .source: try body(&source, &sources)
    case .scope: try body(&scope, &scopes)
    case .metadata: try body(&metadata, &metadatas)
    }
  }
}
