import Columnar

extension UnitVersion {
  /// A unit, checked against `UnitLimits`, with its metadata in canonical form.
  package convenience init(_ unit: MemoryUnit, row: Int = 0) throws(UnitRejection) {
    var fields = Fields()
    fields.user = Identifier.encode(try Self.checked(unit.user, .user, row, UnitLimits.idLength, fewest: 1))
    fields.muid = Identifier.encode(try Self.checked(unit.muid, .muid, row, UnitLimits.idLength, fewest: 1))
    fields.sourceType = try Self.checked(unit.sourceType, .sourceType, row, UnitLimits.nameLength)
    fields.contentType = try Self.checked(unit.contentType, .contentType, row, UnitLimits.nameLength, fewest: 1)
    fields.status = try Self.checked(unit.status, .status, row, UnitLimits.nameLength, fewest: 1)
    fields.title = try Self.checked(unit.title, .title, row, UnitLimits.titleLength)
    fields.createdAt = try Self.checked(unit.createdAt, .createdAt, row)
    fields.updatedAt = try Self.checked(unit.updatedAt, .updatedAt, row)
    if let importance = unit.importanceScore {
      guard importance.millionths != .min else {
        throw UnitRejection(row: row, field: .importanceScore, reason: .outOfRange)
      }
      fields.importance = importance.millionths
    }
    fields.metadata = try Self.canonical(unit.metadata, row)
    fields.isDeleted = unit.isDeleted
    // Content may hold U+0000: nothing looks for an end of it.
    let content = Array(unit.content.utf8)
    guard content.count <= UnitLimits.contentLength else {
      throw UnitRejection(row: row, field: .content, reason: .tooLong)
    }
    guard !unit.isDeleted || (fields.title.isEmpty && content.isEmpty && fields.metadata.isEmpty) else {
      throw UnitRejection(
        row: row, field: .isDeleted, reason: .malformed, detail: "a deleted unit has no title, content or metadata")
    }
    self.init(fields, content: Bytes(content))
  }

  private static func checked(
    _ text: String, _ field: UnitField, _ row: Int, _ most: Int, fewest: Int = 0
  ) throws(UnitRejection) -> [UInt8] {
    let bytes = Array(text.utf8)
    if bytes.count < fewest { throw UnitRejection(row: row, field: field, reason: .empty) }
    if bytes.count > most { throw UnitRejection(row: row, field: field, reason: .tooLong) }
    if bytes.contains(0) { throw UnitRejection(row: row, field: field, reason: .nulByte) }
    return bytes
  }

  private static func checked(_ time: Timestamp, _ field: UnitField, _ row: Int) throws(UnitRejection) -> Int64 {
    guard time >= .earliest, time <= .latest else { throw UnitRejection(row: row, field: field, reason: .outOfRange) }
    return time.microseconds
  }

  private static func canonical(_ text: String, _ row: Int) throws(UnitRejection) -> [UInt8] {
    if text.isEmpty { return [] }
    do throws(EventRejection.Reason) {
      let canonical = try CanonicalJSON.bytes(of: Array(text.utf8))
      if canonical.count > UnitLimits.metadataLength { throw .tooLong }
      return canonical
    } catch {
      throw UnitRejection(row: row, field: .metadata, reason: error)
    }
  }

  /// The unit as callers know it.
  package var unit: MemoryUnit {
    MemoryUnit(
      muid: Identifier.decode(fields.muid) ?? "", user: Identifier.decode(fields.user) ?? "",
      sourceType: Self.text(fields.sourceType), title: Self.text(fields.title), content: content.text,
      contentType: Self.text(fields.contentType), createdAt: Timestamp(microseconds: fields.createdAt),
      updatedAt: Timestamp(microseconds: fields.updatedAt),
      importanceScore: fields.importance.map { Delta(millionths: $0) }, status: Self.text(fields.status),
      metadata: Self.text(fields.metadata), isDeleted: fields.isDeleted)
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
