/// Events in the order of a segment, a chunk at a time.
package protocol SortedSource: AnyObject {
  /// The next chunk, never empty and of at most `ScanChunk.rows` rows, or nil at the end.
  func next() throws(StoreError) -> EventBatch?
  /// Whether the chunk that came last has the dictionaries of the one before.
  var keepsTexts: Bool { get }
}

extension SortedSource {
  package var keepsTexts: Bool { false }
}

/// How large chunks are: large enough that per-chunk work vanishes, small enough for the cache.
package enum ScanChunk {
  package static let rows = 8_192
}
