package import Columnar

/// Rewrites segments as several at once, each for one class of rows, in one pass and bounded memory.
///
/// Rows of every class keep their order, so each class is a segment, or several of bounded size.
package struct SegmentSeparation {
  /// How the segments of a class are written.
  package struct Class: Sendable {
    package var tier: Manifest.Tier
    package var codec: Codec
    package var level: Int32
    /// What becomes of the rows: those that leave are written to be read once.
    package var fate: RowFate

    package init(tier: Manifest.Tier, codec: Codec, level: Int32, fate: RowFate = .stays) {
      self.tier = tier
      self.codec = codec
      self.level = level
      self.fate = fate
    }
  }

  /// The class of rows that go elsewhere.
  package static let nowhere = UInt8.max

  private let hashSeed: UInt64
  private let rowsPerSegment: Int
  private let metadataLimit: Int
  private let classes: [Class]

  /// Segments of the result hold at most `rowsPerSegment` rows. `hashSeed` is the store's.
  package init(hashSeed: UInt64, rowsPerSegment: Int, metadataLimit: Int, classes: [Class]) {
    self.hashSeed = hashSeed
    self.rowsPerSegment = rowsPerSegment
    self.metadataLimit = metadataLimit
    self.classes = classes
  }

  /// - Parameter written: files of earlier merges, see `SegmentChain`.
  /// - Parameter target: opens a file whenever one is needed.
  /// - Parameter classify: the class of every row of a chunk; rows of `Self.nowhere` are left out.
  /// - Parameter proceed: called after every chunk; it may wait, and false gives up.
  /// - Returns: the new segments with their classes, complete but not synced, or nil where `proceed` gave up; then the files
  ///   that `target` opened are worthless, and the caller removes them.
  package func run(
    _ inputs: [Segment], written: [[UInt64]] = [], target: () throws(StoreError) -> SegmentMerge.Target,
    classify: (EventBatch) throws(StoreError) -> [UInt8], proceed: () throws(StoreError) -> Bool
  ) throws(StoreError) -> [(Class, SegmentSummary)]? {
    // Rows of one chain are handed on as they are; of several, none is copied before it is merged.
    let chains = SegmentChain.of(inputs, written: written)
    let scan = MergedScan(chains.count == 1 ? [chains[0].scan] : chains.map(\.pages))
    var results: [(Class, SegmentSummary)] = []
    var writers = [SegmentWriter?](repeating: nil, count: classes.count)
    while let chunk = try scan.next() {
      var rows = [[UInt32]](repeating: [], count: classes.count)
      for (row, place) in try classify(chunk).enumerated() where place != Self.nowhere {
        rows[Int(place)].append(UInt32(row))
      }
      for place in classes.indices {
        var next = 0
        while next < rows[place].count {
          let writer: SegmentWriter
          if let open = writers[place] { writer = open } else { writer = try begin(classes[place], target) }
          writers[place] = writer
          let end = min(rows[place].count, next + rowsPerSegment - writer.rows)
          try writer.append(chunk, order: Array(rows[place][next..<end]))
          next = end
          if writer.rows == rowsPerSegment {
            results.append((classes[place], try writer.finish()))
            writers[place] = nil
          }
        }
      }
      guard try proceed() else { return nil }
    }
    for place in classes.indices {
      if let writer = writers[place] { results.append((classes[place], try writer.finish())) }
    }
    return results
  }

  private func begin(
    _ class: Class, _ target: () throws(StoreError) -> SegmentMerge.Target
  ) throws(StoreError) -> SegmentWriter {
    let target = try target()
    return SegmentWriter(
      fileID: target.fileID, hashSeed: hashSeed, codec: `class`.codec, level: `class`.level,
      metadataLimit: metadataLimit, output: target.output)
  }
}
