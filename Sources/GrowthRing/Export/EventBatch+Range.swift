import Columnar
import StoreEngine

extension EventBatch {
  /// Makes room for so many rows, so that columns need not move as they grow.
  mutating func reserveRows(_ count: Int) {
    eventIDHigh.reserveCapacity(count)
    eventIDLow.reserveCapacity(count)
    delta.reserveCapacity(count)
    createdAt.reserveCapacity(count)
    user.reserveCapacity(count)
    entity.reserveCapacity(count)
    entityType.reserveCapacity(count)
    dimension.reserveCapacity(count)
    source.reserveCapacity(count)
    scope.reserveCapacity(count)
    metadata.reserveCapacity(count)
  }

  /// Appends rows that lie together in another batch: numbers as they are, and each text looked up once.
  mutating func append(_ rows: Range<Int>, of other: EventBatch) {
    eventIDHigh.append(contentsOf: other.eventIDHigh[rows])
    eventIDLow.append(contentsOf: other.eventIDLow[rows])
    delta.append(contentsOf: other.delta[rows])
    createdAt.append(contentsOf: other.createdAt[rows])
    Self.recode(rows, other.user, other.users, &user, &users)
    Self.recode(rows, other.entity, other.entities, &entity, &entities)
    Self.recode(rows, other.entityType, other.entityTypes, &entityType, &entityTypes)
    Self.recode(rows, other.dimension, other.dimensions, &dimension, &dimensions)
    Self.recode(rows, other.source, other.sources, &source, &sources)
    Self.recode(rows, other.scope, other.scopes, &scope, &scopes)
    Self.recode(rows, other.metadata, other.metadatas, &metadata, &metadatas)
  }

  private static func recode(
    _ rows: Range<Int>, _ codes: [UInt32], _ texts: ByteStringDictionary, _ target: inout [UInt32],
    _ targetTexts: inout ByteStringDictionary
  ) {
    /// The code here of each text of the other, plus one; 0 where it is not needed.
    var table = [UInt32](repeating: 0, count: texts.count)
    var fresh: [UInt32] = []
    precondition(rows.lowerBound >= 0 && rows.upperBound <= codes.count, "rows of another batch")
    unsafe codes.withUnsafeBufferPointer { codes in
      for row in rows where unsafe table[Int(codes[row])] == 0 {
        unsafe table[Int(codes[row])] = .max
        unsafe fresh.append(codes[row])
      }
      targetTexts.intern(fresh, of: texts, table: &table)
      let before = target.count
      target.append(contentsOf: repeatElement(0, count: rows.count))
      unsafe target.withUnsafeMutableBufferPointer { target in
        for (place, row) in rows.enumerated() { unsafe target[before &+ place] = table[Int(codes[row])] &- 1 }
      }
    }
  }
}
