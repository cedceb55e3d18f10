import CPrefetch
import Columnar

/// Where the rows of every (user, entity) of a row group lie, and how they divide by entity type and dimension, for many
/// look-ups: some thirty bytes a pair.
///
/// Nothing of it changes, so anyone may ask it while a task has the row group. Owns its slots by pointer, so that many
/// tables can be asked without an object of each being touched.
@safe
final class RowGroupPairs: @unchecked Sendable {
  // Unchecked because of the pointer alone: what it leads to is written before anyone else knows of it, and then never again.
  /// Making it reads all codes of the key, about as much work as so many look-ups without it.
  static let readsBefore = 8

  /// Codes are below the number of rows, which is at most 65,536, as row numbers are.
  private struct Pair: Sendable {
    let user: UInt16
    let entity: UInt16
    /// Its first part.
    let part: UInt32
  }

  /// Rows of one entity type and dimension.
  private struct Part: Sendable {
    let firstRow: UInt16
    let shape: UInt16
  }

  private let pairs: [Pair]
  private let parts: [Part]
  /// The entity types and dimensions that occur together.
  private let shapes: [(type: UInt32, dimension: UInt32)]
  let slots: Slots
  private let rows: Int

  private static let numberBits: UInt32 = 17
  private static let numberMask: UInt32 = (1 << numberBits) - 1

  @inline(__always)
  private static func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash) << numberBits }

  init(_ group: RowGroup) throws(StoreError) {
    rows = group.rows
    var pairs: [Pair] = []
    var parts: [Part] = []
    var shapes: [(type: UInt32, dimension: UInt32)] = []
    var last: (user: UInt32, entity: UInt32, type: UInt32, dimension: UInt32) = (.max, .max, .max, .max)
    var known: [UInt64: UInt16] = [:]
    for page in 0..<group.pageCount {
      let users = try group.codes(.user, page: page)
      let entities = try group.codes(.entity, page: page)
      let types = try group.codes(.entityType, page: page)
      let dimensions = try group.codes(.dimension, page: page)
      let start = group.rows(ofPage: page).lowerBound
      for index in users.indices {
        let next = (user: users[index], entity: entities[index], type: types[index], dimension: dimensions[index])
        if next == last { continue }
        if next.user != last.user || next.entity != last.entity {
          pairs.append(
            Pair(
              user: UInt16(truncatingIfNeeded: next.user), entity: UInt16(truncatingIfNeeded: next.entity),
              part: UInt32(parts.count)))
        }
        last = next
        let key = UInt64(next.type) << 32 | UInt64(next.dimension)
        var shape = known[key]
        if shape == nil {
          shape = UInt16(truncatingIfNeeded: shapes.count)
          known[key] = shape
          shapes.append((next.type, next.dimension))
        }
        parts.append(Part(firstRow: UInt16(truncatingIfNeeded: start + index), shape: shape ?? 0))
      }
    }
    for column in TextColumn.key { group.forget(column) }
    var slots = [UInt32](repeating: 0, count: pairs.count + pairs.count / 2 + 1)
    var user = UInt16.max
    var seed: UInt64 = 0
    for number in pairs.indices {
      let pair = pairs[number]
      if number == 0 || pair.user != user {
        user = pair.user
        seed = try group.hash(.user, UInt32(user), seed: 0)
      }
      let hash = try group.hash(.entity, UInt32(pair.entity), seed: seed)
      var slot = QuickHash.slot(hash, of: slots.count)
      while slots[slot] != 0 { slot = slot + 1 == slots.count ? 0 : slot + 1 }
      slots[slot] = Self.tag(hash) | UInt32(number + 1)
    }
    self.pairs = Self.exact(pairs)
    self.parts = Self.exact(parts)
    self.shapes = shapes
    self.slots = Slots(copying: slots)
  }

  deinit { slots.deallocate() }

  /// The same without the room in which it grew: tables are kept for long, and bounded in sum.
  private static func exact<T>(_ values: [T]) -> [T] {
    var exact: [T] = []
    exact.reserveCapacity(values.count)
    exact.append(contentsOf: values)
    return exact
  }

  /// Bytes that it takes.
  var memory: Int {
    pairs.capacity * MemoryLayout<Pair>.stride + parts.capacity * MemoryLayout<Part>.stride
      + slots.count * MemoryLayout<UInt32>.stride + shapes.capacity * MemoryLayout<(UInt32, UInt32)>.stride
  }

  /// The pair that stands in the slots from that of a hash on and for which `isWanted` holds; nil where there is none.
  @inline(__always)
  func find(
    _ hash: UInt64, _ isWanted: (_ user: UInt32, _ entity: UInt32) throws(StoreError) -> Bool
  ) throws(StoreError) -> Int? {
    let tag = Self.tag(hash)
    var slot = QuickHash.slot(hash, of: slots.count)
    while slots[slot] != 0 {
      if slots[slot] & ~Self.numberMask == tag {
        let number = Int(slots[slot] & Self.numberMask) - 1
        if try isWanted(UInt32(pairs[number].user), UInt32(pairs[number].entity)) { return number }
      }
      slot = slot + 1 == slots.count ? 0 : slot + 1
    }
    return nil
  }

  /// The slots of a table, valid as long as the table is.
  ///
  /// The lower 17 bits of a slot: the number of a pair + 1, 0 where free; above them bits of the hash.
  @safe
  struct Slots {
    private let memory: UnsafeMutablePointer<UInt32>?
    let count: Int

    /// Of no table: everything may be in it.
    static var none: Slots { Slots() }

    private init() {
      unsafe memory = nil
      count = 0
    }

    fileprivate init(copying slots: [UInt32]) {
      let memory = UnsafeMutablePointer<UInt32>.allocate(capacity: slots.count)
      unsafe memory.initialize(from: slots, count: slots.count)
      unsafe self.memory = memory
      count = slots.count
    }

    fileprivate func deallocate() { unsafe memory?.deallocate() }

    @inline(__always)
    fileprivate subscript(_ slot: Int) -> UInt32 {
      precondition(slot >= 0 && slot < count, "slot out of bounds")
      return unsafe memory?[slot] ?? 0
    }

    /// Asks for the first slot that a pair may have.
    @inline(__always)
    func prefetch(_ hash: UInt64) {
      if let memory = unsafe memory { unsafe growthring_prefetch(memory + QuickHash.slot(hash, of: count)) }
    }

    /// False only where the table is there and lacks the pair of a hash.
    @inline(__always)
    func mayContain(_ hash: UInt64) -> Bool {
      if count == 0 { return true }
      let tag = RowGroupPairs.tag(hash)
      var slot = QuickHash.slot(hash, of: count)
      while self[slot] != 0 {
        if self[slot] & ~RowGroupPairs.numberMask == tag { return true }
        slot = slot + 1 == count ? 0 : slot + 1
      }
      return false
    }
  }

  /// The parts of a pair.
  func parts(of pair: Int) -> Range<Int> {
    Int(pairs[pair].part)..<(pair + 1 < pairs.count ? Int(pairs[pair + 1].part) : parts.count)
  }

  /// The rows of a part, and what they have in common.
  func part(_ index: Int) -> RowGroup.Part {
    let end = index + 1 < parts.count ? Int(parts[index + 1].firstRow) : rows
    let shape = shapes[Int(parts[index].shape)]
    return RowGroup.Part(rows: Int(parts[index].firstRow)..<end, type: shape.type, dimension: shape.dimension)
  }
}
