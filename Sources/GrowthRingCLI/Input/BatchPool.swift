import GrowthRing
import Synchronization

/// Batches on their way back to the decoder, which fills the same memory again.
final class BatchPool: Sendable {
  private let batches = Mutex<[EventBatch]>([])

  /// An empty batch, with the memory of one that was given back where there is one.
  func take() -> EventBatch {
    var batch = batches.withLock { $0.popLast() } ?? EventBatch()
    batch.removeAll(keepingCapacity: true)
    return batch
  }

  /// Gives a batch back, of which the caller keeps no copy.
  func giveBack(_ batch: EventBatch) { batches.withLock { $0.append(batch) } }
}
