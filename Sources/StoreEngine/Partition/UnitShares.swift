import Columnar

/// Versions of units divided by partition.
struct UnitShares: Sendable {
  /// By partition, ascending: the places of its versions, in their order.
  let shares: [(partition: Int, rows: [Int])]

  /// `partitions` is a power of two; `hashSeed` is the store's.
  init(_ units: [UnitVersion], partitions: Int, hashSeed: UInt64) {
    var rows = [[Int]](repeating: [], count: partitions)
    for (row, unit) in units.enumerated() {
      rows[Int(XXH3.hash(unit.user, seed: hashSeed) % UInt64(partitions))].append(row)
    }
    shares = rows.indices.compactMap { rows[$0].isEmpty ? nil : ($0, rows[$0]) }
  }
}
