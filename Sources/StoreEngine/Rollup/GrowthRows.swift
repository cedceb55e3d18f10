package import Columnar

/// Rows of `entity_growth` of one user, without a string for each: what fast reads fill, and fill again.
///
/// Rows come by entity, entity type and dimension. Measures are read by index; texts are made when they are asked for,
/// those of types and dimensions shared by all reads. Keep one value and hand it to read after read: then nothing is
/// allocated.
public struct GrowthRows: Sendable {
  struct Row: Sendable {
    var measures: Aggregate
    /// The ranks of entity type and dimension among `texts`, as one number.
    var order: UInt64
    /// The number of the entity.
    var item: UInt32
    /// Whether a full value is in it: what older sources say does not count.
    var isFinal: Bool
  }

  var rows: [Row] = []
  /// The stored keys of the entities, end to end, and where each ends.
  private(set) var keys: [UInt8] = []
  private(set) var keyEnds: [Int] = []
  private var scratch: KeyScratch?
  /// Of the entity that is being read, where tables are asked.
  var pairHash: UInt64 = 0
  /// Entity types and dimensions, sorted.
  private(set) var texts: [String] = []

  public init() {}

  /// The number of rows.
  public var count: Int { rows.count }

  public var isEmpty: Bool { rows.isEmpty }

  /// The measures of a row.
  public func measures(at row: Int) -> Aggregate { rows[row].measures }

  /// The number of a row's entity: rows of one entity share it, and numbers ascend.
  public func entityIndex(at row: Int) -> Int { Int(rows[row].item) }

  public func entity(at row: Int) -> String {
    // Checked when it was written and once more against a checksum; no id comes only from a foreign, damaged writer.
    Identifier.decode(key(Int(rows[row].item))) ?? ""
  }

  public func entityType(at row: Int) -> String { texts[Int(rows[row].order >> 32)] }

  public func dimension(at row: Int) -> String { texts[Int(rows[row].order & 0xFFFF_FFFF)] }

  /// A row with its texts.
  public func growth(at row: Int, user: String) -> Growth {
    Growth(
      user: user, entity: entity(at: row), entityType: entityType(at: row), dimension: dimension(at: row),
      rows[row].measures)
  }

  /// All rows with their texts, or those of `indices` in that order.
  package func growth(user: String, indices: [Int]? = nil) throws(StoreError) -> [Growth] {
    var result: [Growth] = []
    result.reserveCapacity(indices?.count ?? rows.count)
    var item = UInt32.max
    var entity = ""
    for place in 0..<(indices?.count ?? rows.count) {
      let row = rows[indices?[place] ?? place]
      if row.item != item {
        item = row.item
        guard let text = Identifier.decode(key(Int(item))) else {
          throw StoreError(.corruption, "a run holds a key that is no entity id")
        }
        entity = text
      }
      result.append(
        Growth(
          user: user, entity: entity, entityType: texts[Int(row.order >> 32)],
          dimension: texts[Int(row.order & 0xFFFF_FFFF)], row.measures))
    }
    return result
  }

  /// The stored form of an entity.
  func key(_ item: Int) -> ArraySlice<UInt8> { keys[(item == 0 ? 0 : keyEnds[item - 1])..<keyEnds[item]] }

  // MARK: Filling

  /// The stored form of a user's id, valid as long as this value is and until the next is asked for.
  package mutating func stored(user: String) -> Bytes { ownScratch().store(user, place: 0) }

  /// The same of a user's and an entity's.
  package mutating func stored(user: String, entity: String) -> (user: Bytes, entity: Bytes) {
    let scratch = ownScratch()
    return (scratch.store(user, place: 0), scratch.store(entity, place: 1))
  }

  /// Memory that no copy of this value uses.
  private mutating func ownScratch() -> KeyScratch {
    if isKnownUniquelyReferenced(&scratch), let scratch { return scratch }
    let made = KeyScratch()
    scratch = made
    return made
  }

  /// Forgets everything but its memory. `texts` are what ranks mean.
  mutating func begin(_ texts: [String]) {
    rows.removeAll(keepingCapacity: true)
    keys.removeAll(keepingCapacity: true)
    keyEnds.removeAll(keepingCapacity: true)
    if !hasTexts(texts) { self.texts = texts }
  }

  /// Whether these are the texts it has: to take them again would count references that all readers share.
  @inline(__always)
  private func hasTexts(_ texts: [String]) -> Bool {
    unsafe self.texts.withUnsafeBufferPointer { own in
      unsafe texts.withUnsafeBufferPointer { unsafe own.baseAddress == $0.baseAddress && own.count == $0.count }
    }
  }

  /// Bytes of memory that it keeps for the next read.
  package var memory: Int {
    rows.capacity * MemoryLayout<Row>.stride + keys.capacity + keyEnds.capacity * MemoryLayout<Int>.stride
  }

  /// Makes room for a usual user, so that a fresh value does not grow step by step.
  mutating func reserve() {
    rows.reserveCapacity(256)
    keys.reserveCapacity(1_536)
    keyEnds.reserveCapacity(96)
  }

  /// Begins an entity. Rows from `count` on belong to it.
  @inline(__always)
  mutating func beginItem(_ key: KeySpan) {
    unsafe key.bytes.withUnsafeBytes { source in
      unsafe keys.append(contentsOf: UnsafeRawBufferPointer(rebasing: source[key.start..<key.start + key.length]))
    }
    keyEnds.append(keys.count)
  }

  mutating func beginItem(_ key: ArraySlice<UInt8>) {
    keys.append(contentsOf: key)
    keyEnds.append(keys.count)
  }

  /// Makes room for so many rows more.
  mutating func reserve(_ count: Int) {
    if rows.count + count > rows.capacity { rows.reserveCapacity(max(rows.count + count, 2 * rows.capacity)) }
  }

  /// Adds a row to the last entity, behind all others.
  @inline(__always)
  mutating func append(_ measures: Aggregate, order: UInt64, isFinal: Bool) {
    rows.append(
      Row(measures: measures, order: order, item: UInt32(truncatingIfNeeded: keyEnds.count - 1), isFinal: isFinal))
  }

  /// Adds what an older source says to the rows of the last entity. `hint` is where the row before went, as long as orders
  /// ascend; a source begins with the first row of the entity.
  @inline(__always)
  mutating func add(older measures: Aggregate, order: UInt64, isReset: Bool, hint: inout Int) {
    while hint < rows.count, rows[hint].order < order { hint += 1 }
    if hint < rows.count, rows[hint].order == order {
      if rows[hint].isFinal { return }
      rows[hint].measures.merge(measures)
      rows[hint].isFinal = isReset
      return
    }
    let row = Row(
      measures: measures, order: order, item: UInt32(truncatingIfNeeded: keyEnds.count - 1), isFinal: isReset)
    if hint == rows.count { rows.append(row) } else { rows.insert(row, at: hint) }
  }

  /// Takes out the rows of the entity, which begin at `start`, that say that nothing is left.
  @inline(__always)
  mutating func endItem(from start: Int, hasReset: Bool) {
    guard hasReset else { return }
    var kept = start
    for index in start..<rows.count where !rows[index].measures.isEmpty {
      rows[kept] = rows[index]
      kept += 1
    }
    rows.removeSubrange(kept...)
  }
}
