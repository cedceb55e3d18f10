/// One growth event as a row: the convenient form. Bulk work uses `EventBatch`, which is columnar.
public struct GrowthEvent: Hashable, Sendable {
  /// The event's identity together with `user`; nil asks for a fresh UUIDv7, which makes a retry a new event.
  public var eventID: EventID?
  /// 1 to 255 bytes of UTF-8.
  public var user: String
  /// 1 to 255 bytes of UTF-8.
  public var entity: String
  /// 1 to 255 bytes of UTF-8.
  public var entityType: String
  /// 1 to 255 bytes of UTF-8.
  public var dimension: String
  public var delta: Delta
  /// At most 255 bytes of UTF-8; empty where unknown.
  public var source: String
  /// A path such as `org/project`, at most 1,023 bytes and 16 parts; empty where there is none.
  public var scope: String
  public var createdAt: Timestamp
  /// A JSON object as text, at most 1 MiB; empty where there is none. It is stored in canonical form, keys sorted.
  public var metadata: String

  public init(
    eventID: EventID? = nil, user: String, entity: String, entityType: String, dimension: String, delta: Delta,
    source: String = "", scope: String = "", createdAt: Timestamp, metadata: String = ""
  ) {
    self.eventID = eventID
    self.user = user
    self.entity = entity
    self.entityType = entityType
    self.dimension = dimension
    self.delta = delta
    self.source = source
    self.scope = scope
    self.createdAt = createdAt
    self.metadata = metadata
  }
}
