import Columnar

/// Where the rows of every (user, entity) of a row group lie, and how they divide by entity type and dimension, for many
/// look-ups: some thirty bytes a pair.
final class RowGroupPairs {
  /// Making it reads all codes of the key, about as much work as so many look-ups without it.
  static let readsBefore = 8

  /// Codes are below the number of rows, which is at most 65,536, as row numbers are.
  private struct Pair {
    let user: UInt16
    let entity: UInt16
    /// Its first part.
    let part: UInt32
  }

  /// Rows of one entity type and dimension.
  private struct Part {
    let firstRow: UInt16
    let shape: UInt16
  }

  private var pairs: [Pair] = []
  private var parts: [Part] = []
  /// The entity types and dimensions that occur together.
  private var shapes: [(type: UInt32, dimension: UInt32)] = []
  /// The lower 17 bits: the number of a pair + 1, 0 where free; above them bits of the hash.
  private var slots: [UInt32] = []
  private let rows: Int

  private static let numberBits: UInt32 = 17
  private static let numberMask: UInt32 = (1 << numberBits) - 1

  @inline(__always)
  private static func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash) << numberBits }

  init(_ group: RowGroup) throws(StoreError) {
    rows = group.rows
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
    slots = [UInt32](repeating: 0, count: pairs.count + pairs.count / 2 + 1)
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
  }

  /// Bytes that it takes.
  var memory: Int {
    pairs.capacity * MemoryLayout<Pair>.stride + parts.capacity * MemoryLayout<Part>.stride
      + slots.capacity * MemoryLayout<UInt32>.stride + shapes.capacity * MemoryLayout<(UInt32, UInt32)>.stride
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
