import StoreEngine
import Synchronization

/// Small batches between appends of rows: making one of a single event takes some thirty allocations otherwise.
final class EventBatchPool: Sendable {
  private let batches = Mutex<[EventBatch]>([])

  private static let most = 64
  /// Bytes of a batch that is kept.
  private static let largest = 32 << 10

  /// An empty batch.
  func take() -> EventBatch { batches.withLock { $0.popLast() } ?? EventBatch() }

  /// Takes back a batch of which nobody holds a copy.
  func give(_ batch: consuming EventBatch) {
    guard batch.memory <= Self.largest else { return }
    batch.removeAll(keepingCapacity: true)
    let empty = batch
    batches.withLock { batches in
      if batches.count < Self.most { batches.append(empty) }
    }
  }
}
