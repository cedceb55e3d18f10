import Columnar

/// The rollups of a memtable, kept by applying its events.
///
/// Those of users are kept as chains of rows (`PairIndex`) and added up when asked for: most keys have a few events in
/// memory. Those of scopes go over all users, so they are kept as sums.
package struct MemtableRollups: Sendable {
  package private(set) var pairs = PairIndex()
  package private(set) var scopes = ScopeRollup()

  package init() {}

  package var memory: Int { pairs.memory + scopes.memory }

  /// Adds the rows of a memtable's batch that follow those before.
  package mutating func apply(_ batch: EventBatch, rows: Range<Int>) {
    pairs.append(rows, users: batch.user, entities: batch.entity)
    scopes.apply(batch, rows: rows)
  }
}

/// The events of a memtable, to derive the rollups of its users from.
struct RollupRows: Sendable {
  let pairs: PairIndex
  let events: EventBatch

  /// The aggregates of a user, or of one entity of a user, in the order of their codes.
  func leaves(_ rollup: Rollup, group: UInt32, item: UInt32) -> [RunLeaf] {
    var leaves: [RunLeaf] = []
    switch rollup {
    case .entityGrowth:
      pairs.forEachRow(user: group, entity: item) { row in
        leaves.append(leaf(events.entityType[row], events.dimension[row], row))
      }
    case .userGrowth:
      pairs.forEachRow(user: group) { row in leaves.append(leaf(events.dimension[row], 0, row)) }
    case .dailyGrowth:
      pairs.forEachRow(user: group) { row in
        leaves.append(
          leaf(
            events.dimension[row], Rollup.code(ofDay: Timestamp(microseconds: events.createdAt[row]).day), row))
      }
    case .scopeGrowth: break
    }
    Self.combine(&leaves)
    return leaves
  }

  @inline(__always)
  private func leaf(_ a: UInt32, _ b: UInt32, _ row: Int) -> RunLeaf {
    RunLeaf(a: a, b: b, measures: Aggregate(delta: events.delta[row], createdAt: events.createdAt[row]), isReset: false)
  }

  /// Sorts, and adds up what is of one key.
  private static func combine(_ leaves: inout [RunLeaf]) {
    guard leaves.count > 1 else { return }
    leaves.sort { $0.order < $1.order }
    var last = 0
    for index in 1..<leaves.count {
      if leaves[index].order == leaves[last].order {
        leaves[last].measures.merge(leaves[index].measures)
      } else {
        last += 1
        leaves[last] = leaves[index]
      }
    }
    leaves.removeLast(leaves.count - last - 1)
  }
}
