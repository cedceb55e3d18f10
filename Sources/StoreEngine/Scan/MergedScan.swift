import Columnar

/// Several sorted sources as one, in the order of their keys; see `MergeFront`.
package final class MergedScan: SortedSource {
  private var front: MergeFront

  /// Where there is one source alone: its chunks are handed on as they are.
  private let only: (any SortedSource)?

  /// Events that stand in several sources come out as often.
  package init(_ sources: [any SortedSource]) {
    only = sources.count == 1 ? sources[0] : nil
    front = MergeFront(sources)
  }

  package func next() throws(StoreError) -> EventBatch? {
    if let only { return try only.next() }
    var chunk = EventBatch()
    return try next(into: &chunk, limit: ScanChunk.rows, metadataLimit: .max) ? chunk : nil
  }

  package var keepsTexts: Bool { only?.keepsTexts ?? false }

  /// Fills `chunk`, in whose memory something may have been before, with at most `limit` rows; it ends where its distinct
  /// metadata have outgrown `metadataLimit` bytes, and its texts are numbered by first appearance. False at the end.
  func next(into chunk: inout EventBatch, limit: Int, metadataLimit: Int) throws(StoreError) -> Bool {
    try front.next(into: &chunk, limit: limit, metadataLimit: metadataLimit)
  }
}
