import StoreEngine
import Synchronization

/// Rows between two reads that hand out records: so that a read of a large user takes no fresh memory, which the kernel
/// would have to clear, and gives it back at once.
final class GrowthRowsPool: Sendable {
  private let rows = Mutex<[GrowthRows]>([])

  private static let most = 4
  /// Rows that have grown larger are not kept: of a user of some 15,000 aggregates.
  private static let largest = 1 << 20

  /// Runs `body` with rows that nobody else uses meanwhile.
  func withRows<R>(
    _ body: (inout GrowthRows) throws(StoreError) -> R
  ) throws(StoreError) -> R {
    var own = rows.withLock { $0.popLast() } ?? GrowthRows()
    let result = try body(&own)
    let isKept = own.memory <= Self.largest
    if isKept {
      rows.withLock { rows in
        if rows.count < Self.most { rows.append(own) }
      }
    }
    return result
  }
}
