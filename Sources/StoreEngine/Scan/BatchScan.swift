/// The events of a sorted batch, such as a memtable, that satisfy a filter, in the order of their keys.
package final class BatchScan: SortedSource {
  private let batch: EventBatch
  private let rows: [UInt32]
  private var position = 0

  /// `order` is the batch's `sortedOrder()`, or a part of it.
  package init(_ batch: EventBatch, order: [UInt32], filter: EventFilter = EventFilter()) {
    self.batch = batch
    rows = filter.rows(of: batch, in: order)
  }

  package func next() throws(StoreError) -> EventBatch? {
    guard position < rows.count else { return nil }
    let end = min(rows.count, position + ScanChunk.rows)
    defer { position = end }
    return batch.gather(Array(rows[position..<end]))
  }
}
