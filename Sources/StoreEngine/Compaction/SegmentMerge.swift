package import Columnar

/// Rewrites several segments as one, or as a few of bounded size, in one pass and bounded memory.
///
/// Rows come page by page with the codes of their row groups, and each text is looked up once for every pair of a row group
/// that is read and one that is written.
package struct SegmentMerge {
  /// A new file for a part of the result: its id, and where it is written.
  package struct Target {
    package let fileID: UInt64
    package let output: FileOutput

    package init(fileID: UInt64, output: FileOutput) {
      self.fileID = fileID
      self.output = output
    }
  }

  private let hashSeed: UInt64
  private let codec: Codec
  private let level: Int32
  private let rowsPerSegment: Int
  private let metadataLimit: Int

  /// Segments of the result hold at most `rowsPerSegment` rows. `hashSeed` is the store's.
  package init(
    hashSeed: UInt64, codec: Codec, level: Int32 = 3, rowsPerSegment: Int,
    metadataLimit: Int = SegmentLayout.metadataLimit
  ) {
    precondition(rowsPerSegment > 0, "a segment has at least one row")
    self.hashSeed = hashSeed
    self.codec = codec
    self.level = level
    self.rowsPerSegment = rowsPerSegment
    self.metadataLimit = metadataLimit
  }

  /// Merges `inputs`, opening a file by `target` whenever one is needed; none where no row is left.
  ///
  /// - Parameter written: files of earlier merges, see `SegmentChain`.
  /// - Parameter proceed: called after every chunk; it may wait, and false gives up.
  /// - Returns: the summaries of the new segments, complete but not synced, or nil where `proceed` gave up; then the files
  ///   that `target` opened are worthless, and the caller removes them.
  package func run(
    _ inputs: [Segment], written: [[UInt64]] = [], target: () throws(StoreError) -> Target,
    proceed: () throws(StoreError) -> Bool = { true }
  ) throws(StoreError) -> [SegmentSummary]? {
    let scan = MergedScan(SegmentChain.of(inputs, written: written).map(\.pages))
    var summaries: [SegmentSummary] = []
    var writer: SegmentWriter?
    let inputRows = inputs.reduce(0) { $0 + $1.rows }
    var rows = 0
    var chunk = EventBatch()
    while true {
      let limit = min(SegmentLayout.rowsPerRowGroup, rowsPerSegment - (writer?.rows ?? 0))
      guard try scan.next(into: &chunk, limit: limit, metadataLimit: metadataLimit) else { break }
      let current: SegmentWriter
      if let writer { current = writer } else { current = try begin(target, inputRows - rows) }
      writer = current
      try current.appendGroup(chunk)
      rows += chunk.count
      if current.rows == rowsPerSegment {
        summaries.append(try current.finish())
        writer = nil
      }
      guard try proceed() else { return nil }
    }
    if let writer { summaries.append(try writer.finish()) }
    return summaries
  }

  private func begin(
    _ target: () throws(StoreError) -> Target, _ rowsLeft: Int
  ) throws(StoreError) -> SegmentWriter {
    let target = try target()
    return SegmentWriter(
      fileID: target.fileID, hashSeed: hashSeed, codec: codec, level: level, metadataLimit: metadataLimit,
      expectedRows: min(rowsLeft, rowsPerSegment), output: target.output)
  }
}
