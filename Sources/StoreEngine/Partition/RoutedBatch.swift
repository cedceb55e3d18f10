import Columnar

/// A batch whose rows are divided by partition, with the hashes of their keys.
package struct RoutedBatch: Sendable {
  package let batch: EventBatch
  /// By row.
  package let keyHashes: [UInt64]
  /// All rows, partition after partition, in order of arrival.
  private let order: [UInt32]
  /// Where the rows of each partition begin, and where the last end.
  private let starts: [Int]

  /// `partitions` is a power of two; `hashSeed` is the store's.
  package init(_ batch: EventBatch, partitions: Int, hashSeed: UInt64) {
    self.batch = batch
    let users = batch.users
    // One hash a user serves routing and keys.
    let userHashes = (0..<UInt32(users.count)).map {
      XXH3.hash(users.arena, users.start($0), users.length($0), seed: hashSeed)
    }
    let (codes, high, low) = (batch.user, batch.eventIDHigh, batch.eventIDLow)
    keyHashes = codes.indices.map { row in
      keyHash(userHash: userHashes[Int(codes[row])], high: high[row], low: low[row])
    }
    let homes = userHashes.map { UInt32(truncatingIfNeeded: $0 % UInt64(partitions)) }
    var ends = [Int](repeating: 0, count: partitions + 1)
    for code in codes { ends[Int(homes[Int(code)]) + 1] += 1 }
    for partition in 0..<partitions { ends[partition + 1] += ends[partition] }
    starts = ends
    var order = [UInt32](repeating: 0, count: codes.count)
    for (row, code) in codes.enumerated() {
      let home = Int(homes[Int(code)])
      order[ends[home]] = UInt32(truncatingIfNeeded: row)
      ends[home] += 1
    }
    self.order = order
  }

  /// The rows of a partition, in order of arrival.
  package func rows(of partition: Int) -> ArraySlice<UInt32> { order[starts[partition]..<starts[partition + 1]] }

  /// The partitions that have rows.
  package var partitions: [Int] { starts.indices.dropLast().filter { starts[$0] < starts[$0 + 1] } }
}
