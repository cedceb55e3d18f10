import Columnar

/// The columnar way to fill a batch: intern each distinct text once, then add rows of codes.
///
/// ```swift
/// let ada = try batch.code("ada", for: .user)
/// batch.append(eventID: id, user: ada, entity: swift, entityType: skill, dimension: act, delta: one, createdAt: now)
/// ```
extension EventBatch {
  /// The code of a text within one column of one batch.
  public struct TextCode: Hashable, Sendable {
    package let value: UInt32
    package let field: EventField
  }

  /// The code of a text in a column of this batch, checked against the limits of the field. Of metadata: of its canonical
  /// form.
  ///
  /// - Throws: why the text is none for that field; also for fields that hold no text.
  public mutating func code(_ text: String, for field: EventField) throws(EventRejection) -> TextCode {
    let bytes = field == .metadata ? Array(text.utf8) : try checked(text, field)
    let value: UInt32
    switch field {
    case .user: value = users.intern(Identifier.encode(bytes))
    case .entity: value = entities.intern(Identifier.encode(bytes))
    case .entityType: value = entityTypes.intern(bytes)
    case .dimension: value = dimensions.intern(bytes)
    case .source: value = sources.intern(bytes)
    case .scope:
      guard EventLimits.isScope(bytes) else { throw EventRejection(row: count, field: .scope, reason: .malformed) }
      value = scopes.intern(bytes)
    case .metadata: value = metadatas.intern(try canonicalMetadata(bytes))
    case .eventID, .delta, .createdAt, .sourceMUID: throw EventRejection(row: count, field: field, reason: .malformed)
    }
    return TextCode(value: value, field: field)
  }

  /// Adds one event of codes that `code(_:for:)` of this batch gave. Without an id the store assigns one.
  ///
  /// - Throws: `outOfRange` for a time outside of the years 1 to 9999.
  public mutating func append(
    eventID: EventID?, user: TextCode, entity: TextCode, entityType: TextCode, dimension: TextCode, delta: Delta,
    source: TextCode? = nil, scope: TextCode? = nil, createdAt: Timestamp, metadata: TextCode? = nil
  ) throws(EventRejection) {
    guard Self.allowedTimes.contains(createdAt.microseconds) else {
      throw EventRejection(row: count, field: .createdAt, reason: .outOfRange)
    }
    check(user, .user, users.count)
    check(entity, .entity, entities.count)
    check(entityType, .entityType, entityTypes.count)
    check(dimension, .dimension, dimensions.count)
    if let source { check(source, .source, sources.count) }
    if let scope { check(scope, .scope, scopes.count) }
    if let metadata { check(metadata, .metadata, metadatas.count) }
    appendRow(
      idHigh: eventID?.high ?? 0, idLow: eventID?.low ?? 0, user: user.value, entity: entity.value,
      entityType: entityType.value, dimension: dimension.value, delta: delta.millionths,
      source: source?.value ?? sources.intern([]), scope: scope?.value ?? scopes.intern([]),
      createdAt: createdAt.microseconds, metadata: metadata?.value ?? metadatas.intern([]))
  }

  /// A code of another column or another batch is a mistake in the program.
  private func check(_ code: TextCode, _ field: EventField, _ count: Int) {
    precondition(code.field == field && Int(code.value) < count, "a code of another column or batch")
  }
}
