import Columnar
import Parquet
import StoreEngine

/// The rows of a batch as the columns of a row group.
struct ParquetEventColumns {
  private let batch: EventBatch
  private let users: ByteStrings
  private let entities: ByteStrings

  init(_ batch: EventBatch) {
    self.batch = batch
    users = Self.spelled(batch.users)
    entities = Self.spelled(batch.entities)
  }

  /// Ids as they were spelled.
  private static func spelled(_ dictionary: ByteStringDictionary) -> ByteStrings {
    var strings = ByteStrings()
    strings.ends.reserveCapacity(dictionary.count)
    strings.arena.reserveCapacity(dictionary.arena.count * 2)
    for code in 0..<UInt32(dictionary.count) {
      let start = dictionary.start(code)
      let end = start + dictionary.length(code)
      let tag = dictionary.arena[start]
      if tag == Identifier.textTag {
        strings.append(dictionary.arena[start + 1..<end])
      } else {
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for index in 1...8 {
          words.high = words.high << 8 | UInt64(dictionary.arena[start + index])
          words.low = words.low << 8 | UInt64(dictionary.arena[start + index + 8])
        }
        strings.append(
          UUIDText.bytes(high: words.high, low: words.low, uppercase: tag == Identifier.uppercaseTag)[...])
      }
    }
    return strings
  }

  /// The first row whose delta has more digits than the column.
  var firstTooLarge: Int? {
    batch.delta.firstIndex { $0.magnitude > ParquetEventSchema.largestDelta.magnitude }
  }

  /// The columns of the schema, with the rows sorted by user, entity, dimension, time and id.
  func columns() -> [ColumnBatch] {
    let order = sortedOrder()
    return ParquetEventSchema.fields.map { field in
      switch field {
      case .eventID: ColumnBatch(.fixed(FixedColumn(width: 16, bytes: ids(order))))
      case .user: text(users, batch.user, order)
      case .entity: text(entities, batch.entity, order)
      case .entityType: text(batch.entityTypes, batch.entityType, order)
      case .dimension: text(batch.dimensions, batch.dimension, order)
      case .delta: ColumnBatch(.int64(Self.gather(batch.delta, order)))
      case .source: optional(batch.sources, batch.source, order)
      case .scope: optional(batch.scopes, batch.scope, order)
      case .createdAt: ColumnBatch(.int64(Self.gather(batch.createdAt, order)))
      // The unit that an event came from stands in its metadata.
      case .metadata, .sourceMUID: optional(batch.metadatas, batch.metadata, order)
      }
    }
  }

  private func ids(_ order: [UInt32]?) -> [UInt8] {
    let highs = Self.gather(batch.eventIDHigh, order)
    let lows = Self.gather(batch.eventIDLow, order)
    return unsafe [UInt8](unsafeUninitializedCapacity: highs.count * 16) { target, filled in
      let memory = UnsafeMutableRawBufferPointer(target)
      for index in 0..<highs.count {
        unsafe memory.storeBytes(of: highs[index].bigEndian, toByteOffset: index &* 16, as: UInt64.self)
        unsafe memory.storeBytes(of: lows[index].bigEndian, toByteOffset: index &* 16 &+ 8, as: UInt64.self)
      }
      filled = highs.count * 16
    }
  }

  private func text(_ strings: ByteStrings, _ codes: [UInt32], _ order: [UInt32]?) -> ColumnBatch {
    ColumnBatch(.bytes(ByteColumn(distinct: strings, codes: Self.gather(codes, order))))
  }

  private func text(_ dictionary: ByteStringDictionary, _ codes: [UInt32], _ order: [UInt32]?) -> ColumnBatch {
    text(ByteStrings(arena: dictionary.arena, ends: dictionary.ends), codes, order)
  }

  /// What an event does not have is a null.
  private func optional(
    _ dictionary: ByteStringDictionary, _ codes: [UInt32], _ order: [UInt32]?
  ) -> ColumnBatch {
    let all = Self.gather(codes, order)
    let strings = ByteStrings(arena: dictionary.arena, ends: dictionary.ends)
    var definition = [UInt8](repeating: 1, count: all.count)
    // There is at most one empty text.
    guard let absent = dictionary.find([]) else {
      return ColumnBatch(.bytes(ByteColumn(distinct: strings, codes: all)), definition: definition)
    }
    let present = unsafe [UInt32](unsafeUninitializedCapacity: all.count) { target, filled in
      var next = 0
      for (index, code) in all.enumerated() {
        let isThere = code != absent
        unsafe target[next] = code
        next &+= isThere ? 1 : 0
        definition[index] = isThere ? 1 : 0
      }
      filled = next
    }
    return ColumnBatch(.bytes(ByteColumn(distinct: strings, codes: present)), definition: definition)
  }

  private static func gather<T>(_ values: [T], _ order: [UInt32]?) -> [T] {
    guard let order else { return values }
    return order.map { values[Int($0)] }
  }

  /// The rows in the order in which they are written; nil where they have it already.
  var order: [UInt32]? { sortedOrder() }

  // MARK: Order

  /// The rows in the order that the file declares; nil where they have it already, as those of a store most often do: it
  /// orders ids in their stored form, and an entity's events by its type first.
  private func sortedOrder() -> [UInt32]? {
    var isSorted = true
    for row in 1..<max(1, batch.count) where !precedes(row - 1, row) {
      isSorted = false
      break
    }
    if isSorted { return nil }
    // Numbers in the order of texts, so that sorting looks at each text a few times and not at each row.
    let userRanks = users.ranks()
    let entityRanks = entities.ranks()
    let dimensionRanks = batch.dimensions.ranks()
    let keys = (0..<batch.count).map { row in
      UInt64(userRanks[Int(batch.user[row])]) << 32 | UInt64(entityRanks[Int(batch.entity[row])])
    }
    return (0..<UInt32(batch.count)).sorted { first, second in
      let (a, b) = (Int(first), Int(second))
      if keys[a] != keys[b] { return keys[a] < keys[b] }
      let (left, right) = (dimensionRanks[Int(batch.dimension[a])], dimensionRanks[Int(batch.dimension[b])])
      if left != right { return left < right }
      if batch.createdAt[a] != batch.createdAt[b] { return batch.createdAt[a] < batch.createdAt[b] }
      return (batch.eventIDHigh[a], batch.eventIDLow[a], a) < (batch.eventIDHigh[b], batch.eventIDLow[b], b)
    }
  }

  /// Whether a row may stand before another; where they are equal in all, the earlier one.
  private func precedes(_ a: Int, _ b: Int) -> Bool {
    if batch.user[a] != batch.user[b] {
      let order = users.compare(Int(batch.user[a]), Int(batch.user[b]))
      if order != 0 { return order < 0 }
    }
    if batch.entity[a] != batch.entity[b] {
      let order = entities.compare(Int(batch.entity[a]), Int(batch.entity[b]))
      if order != 0 { return order < 0 }
    }
    if batch.dimension[a] != batch.dimension[b] {
      let order = batch.dimensions.compare(batch.dimension[a], batch.dimension[b])
      if order != 0 { return order < 0 }
    }
    if batch.createdAt[a] != batch.createdAt[b] { return batch.createdAt[a] < batch.createdAt[b] }
    return (batch.eventIDHigh[a], batch.eventIDLow[a], a) < (batch.eventIDHigh[b], batch.eventIDLow[b], b)
  }
}

extension ByteStrings {
  /// The place of every string in bytewise order.
  fileprivate func ranks() -> [UInt32] {
    let order = (0..<UInt32(count)).sorted { compare(Int($0), Int($1)) < 0 }
    var ranks = [UInt32](repeating: 0, count: count)
    for (rank, string) in order.enumerated() { ranks[Int(string)] = UInt32(rank) }
    return ranks
  }

  fileprivate mutating func append(_ string: ArraySlice<UInt8>) {
    arena.append(contentsOf: string)
    ends.append(UInt32(arena.count))
  }
}
