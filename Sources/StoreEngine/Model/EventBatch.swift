package import Columnar

/// Events in columns: what is appended, logged, and handed out by scans.
///
/// Texts are dictionary-coded within the batch, so that later stages work once per distinct text and not once per
/// event. Rows keep the order in which they came.
public struct EventBatch: Sendable {
  package var eventIDHigh: [UInt64] = []
  package var eventIDLow: [UInt64] = []
  /// Codes into the dictionary of the same name.
  package var user: [UInt32] = []
  package var entity: [UInt32] = []
  package var entityType: [UInt32] = []
  package var dimension: [UInt32] = []
  package var source: [UInt32] = []
  package var scope: [UInt32] = []
  package var metadata: [UInt32] = []
  /// In millionths.
  package var delta: [Int64] = []
  /// In microseconds since 1970, UTC.
  package var createdAt: [Int64] = []

  /// Stored form of ids, see `Identifier`.
  package var users = ByteStringDictionary()
  package var entities = ByteStringDictionary()
  package var entityTypes = ByteStringDictionary()
  package var dimensions = ByteStringDictionary()
  package var sources = ByteStringDictionary()
  package var scopes = ByteStringDictionary()
  /// Canonical JSON objects; the empty string where an event has none.
  package var metadatas = ByteStringDictionary()

  public init() {}

  /// The number of events.
  public var count: Int { createdAt.count }

  public var isEmpty: Bool { createdAt.isEmpty }

  /// Removes all events, and forgets the codes of their texts. With `keepingCapacity`, a batch of about the same size
  /// fills the same memory again, which spares the system from clearing fresh pages: about a seventh of the time that
  /// parsing takes. That needs a batch of which no copy is held.
  public mutating func removeAll(keepingCapacity: Bool = false) {
    guard keepingCapacity else {
      self = EventBatch()
      return
    }
    eventIDHigh.removeAll(keepingCapacity: true)
    eventIDLow.removeAll(keepingCapacity: true)
    user.removeAll(keepingCapacity: true)
    entity.removeAll(keepingCapacity: true)
    entityType.removeAll(keepingCapacity: true)
    dimension.removeAll(keepingCapacity: true)
    source.removeAll(keepingCapacity: true)
    scope.removeAll(keepingCapacity: true)
    metadata.removeAll(keepingCapacity: true)
    delta.removeAll(keepingCapacity: true)
    createdAt.removeAll(keepingCapacity: true)
    users.removeAll()
    entities.removeAll()
    entityTypes.removeAll()
    dimensions.removeAll()
    sources.removeAll()
    scopes.removeAll()
    metadatas.removeAll()
  }

  /// One row, with codes from this batch's dictionaries. The caller has checked the values.
  @inline(__always)
  package mutating func appendRow(
    idHigh: UInt64, idLow: UInt64, user: UInt32, entity: UInt32, entityType: UInt32, dimension: UInt32,
    delta: Int64, source: UInt32, scope: UInt32, createdAt: Int64, metadata: UInt32
  ) {
    eventIDHigh.append(idHigh)
    eventIDLow.append(idLow)
    self.user.append(user)
    self.entity.append(entity)
    self.entityType.append(entityType)
    self.dimension.append(dimension)
    self.delta.append(delta)
    self.source.append(source)
    self.scope.append(scope)
    self.createdAt.append(createdAt)
    self.metadata.append(metadata)
  }
}
