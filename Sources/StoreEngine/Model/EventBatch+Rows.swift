import Columnar

extension EventBatch {
  /// Adds one event, checked against `EventLimits`, with its metadata in canonical form.
  ///
  /// An event without an id is given the id of all zeros, which means: to be assigned by the store when the batch is
  /// appended. For that reason the nil UUID itself is no valid event id.
  public mutating func append(_ event: GrowthEvent) throws(EventRejection) {
    try append(event, generatedID: nil)
  }

  /// As `append(_:)`, with the id for an event that has none.
  package mutating func append(_ event: GrowthEvent, generatedID: EventID?) throws(EventRejection) {
    let row = count
    if let id = event.eventID, id.high == 0, id.low == 0 {
      throw EventRejection(row: row, field: .eventID, reason: .malformed)
    }
    let user = try checked(event.user, .user)
    let entity = try checked(event.entity, .entity)
    let entityType = try checked(event.entityType, .entityType)
    let dimension = try checked(event.dimension, .dimension)
    let source = try checked(event.source, .source)
    let scope = try checked(event.scope, .scope)
    guard EventLimits.isScope(scope) else { throw EventRejection(row: row, field: .scope, reason: .malformed) }
    guard event.createdAt >= .earliest, event.createdAt <= .latest else {
      throw EventRejection(row: row, field: .createdAt, reason: .outOfRange)
    }
    guard event.delta.millionths != .min else { throw EventRejection(row: row, field: .delta, reason: .outOfRange) }
    let metadata = try canonicalMetadata(Array(event.metadata.utf8))
    let id = event.eventID ?? generatedID
    appendRow(
      idHigh: id?.high ?? 0, idLow: id?.low ?? 0, user: users.intern(Identifier.encode(user)),
      entity: entities.intern(Identifier.encode(entity)), entityType: entityTypes.intern(entityType),
      dimension: dimensions.intern(dimension), delta: event.delta.millionths, source: sources.intern(source),
      scope: scopes.intern(scope), createdAt: event.createdAt.microseconds, metadata: metadatas.intern(metadata))
  }

  /// Metadata in the form in which they are stored; empty where there are none.
  func canonicalMetadata(_ text: [UInt8]) throws(EventRejection) -> [UInt8] {
    if text.isEmpty { return [] }
    do throws(EventRejection.Reason) {
      let canonical = try CanonicalJSON.bytes(of: text)
      if canonical.count > EventLimits.metadataLength { throw .tooLong }
      return canonical
    } catch {
      throw EventRejection(row: count, field: .metadata, reason: error)
    }
  }

  func checked(_ text: String, _ field: EventField) throws(EventRejection) -> [UInt8] {
    let bytes = Array(text.utf8)
    if bytes.isEmpty, field.isRequired { throw EventRejection(row: count, field: field, reason: .empty) }
    if bytes.count > EventLimits.longest(field) { throw EventRejection(row: count, field: field, reason: .tooLong) }
    if bytes.contains(0) { throw EventRejection(row: count, field: field, reason: .nulByte) }
    return bytes
  }

  /// The event of a row. Complexity: O(length of its texts); bulk work reads the columns.
  public func event(at row: Int) -> GrowthEvent {
    let id = EventID(high: eventIDHigh[row], low: eventIDLow[row])
    return GrowthEvent(
      eventID: id.high == 0 && id.low == 0 ? nil : id,
      user: Identifier.decode(users.bytes(user[row])) ?? "",
      entity: Identifier.decode(entities.bytes(entity[row])) ?? "",
      entityType: entityTypes.text(entityType[row]), dimension: dimensions.text(dimension[row]),
      delta: Delta(millionths: delta[row]), source: sources.text(source[row]), scope: scopes.text(scope[row]),
      createdAt: Timestamp(microseconds: createdAt[row]), metadata: metadatas.text(metadata[row]))
  }

  /// The event of a row, see `event(at:)`.
  public subscript(row: Int) -> GrowthEvent { event(at: row) }

  /// Adds a row of another batch, whose values were checked when it came into that one.
  package mutating func append(row: Int, of other: EventBatch) {
    appendRow(
      idHigh: other.eventIDHigh[row], idLow: other.eventIDLow[row],
      user: users.intern(other.user[row], of: other.users),
      entity: entities.intern(other.entity[row], of: other.entities),
      entityType: entityTypes.intern(other.entityType[row], of: other.entityTypes),
      dimension: dimensions.intern(other.dimension[row], of: other.dimensions), delta: other.delta[row],
      source: sources.intern(other.source[row], of: other.sources),
      scope: scopes.intern(other.scope[row], of: other.scopes), createdAt: other.createdAt[row],
      metadata: metadatas.intern(other.metadata[row], of: other.metadatas))
  }

  /// Bytes held by the texts of the batch: what decides, beside the number of rows, when it is large enough.
  package var textLength: Int {
    users.arena.count + entities.arena.count + entityTypes.arena.count + dimensions.arena.count
      + sources.arena.count + scopes.arena.count + metadatas.arena.count
  }
}

extension EventLimits {
  /// Whether a text within its length is a scope: empty, or up to sixteen parts, none empty, with a slash between.
  package static func isScope(_ text: some Collection<UInt8>) -> Bool {
    var parts = 1
    var partLength = 0
    for byte in text {
      if byte == UInt8(ascii: "/") {
        if partLength == 0 { return false }
        parts += 1
        partLength = 0
      } else {
        partLength += 1
      }
    }
    return text.isEmpty || (partLength > 0 && parts <= scopeParts)
  }
}
