import Columnar
import Synchronization

extension Partition {
  /// The level of Zstandard of warm files, by the policy where there is one.
  var warmLevel: Int32 { ageing.withLock { $0?.warmLevel } ?? 9 }

  /// The most segments that a large merge divides hot rows into by time.
  private static let mostTimeClasses = 4

  /// A large merge, whose result would be several segments anyway: rows that have come of age go to warm segments at once,
  /// which costs no further rewrite, and the others are divided by when they will, so that whole segments come of age.
  func separate(
    _ inputs: [Segment], _ entries: [Manifest.SegmentEntry], _ moment: AgeingMoment, written: [[UInt64]],
    _ fileIDs: inout [UInt64], proceed: Pace
  ) throws(StoreError) -> [Manifest.SegmentEntry]? {
    let rows = entries.reduce(0) { $0 + $1.rows }
    let hot = min(Self.mostTimeClasses, (rows + options.largestSegmentRows - 1) / options.largestSegmentRows)
    // Hot rows come of age within the longest time that any may stay hot.
    let width = max(1, (moment.rules.mostWarmAge?.microseconds ?? 1) / Int64(hot))
    func hotClass(_ row: Int64, _ rule: Int) -> Int {
      guard let age = moment.rules.rules[rule].warmAfter else { return hot - 1 }
      // Times and ages are bounded, so the sum of them is within Int64.
      let left = row - moment.now + age.microseconds
      return min(hot - 1, max(0, Int(left / width)))
    }
    if let tier = commonTier(entries, moment, hotClass) {
      // Nothing is divided, so no row need be looked at: half the work.
      let level = mergedLevel(entries.map(\.level), fanIn: options.segmentFanIn)
      let codec = tier == .hot ? nil : try warmCodec(inputs)
      return try merge(inputs, tier, codec: codec, level: level, written: written, &fileIDs, proceed)
    }
    return try separate(
      inputs, entries, moment, hotClasses: hot, written: written, &fileIDs, proceed: proceed, hotClass: hotClass)
  }

  /// The codec for rows of hot segments that become warm by a merge: that of warm ones, where it would save something of the
  /// largest. A segment of which it saves nothing counts as warm as it is, see `WarmPass`.
  private func warmCodec(_ inputs: [Segment]) throws(StoreError) -> Codec {
    guard let largest = inputs.max(by: { ($0.rows, $0.fileID) < ($1.rows, $1.fileID) }) else { return .zstd }
    return try largest.savedByZstandard(level: warmLevel) < Segment.leastSaving ? .lz4 : .zstd
  }

  /// The tier of all rows of some segments, where by their bounds all are of one class.
  private func commonTier(
    _ entries: [Manifest.SegmentEntry], _ moment: AgeingMoment, _ hotClass: (Int64, Int) -> Int
  ) -> Manifest.Tier? {
    let smallest = entries.reduce(Int64.max) { min($0, $1.smallestCreatedAt) }
    let largest = entries.reduce(Int64.min) { max($0, $1.largestCreatedAt) }
    // What is older has come as far or further, and has less time left.
    let rules = moment.rules.rules.indices
    if rules.allSatisfy({ moment.stage(rule: $0, createdAt: largest) > .hot }) { return .warm }
    let isHot = rules.allSatisfy { rule in
      moment.stage(rule: rule, createdAt: smallest) == .hot
        && hotClass(smallest, rule) == hotClass(largest, 0) && hotClass(largest, rule) == hotClass(largest, 0)
    }
    return isHot ? .hot : nil
  }

  /// Rewrites segments, with rows that have come of age in warm ones, and the others in classes that `hotClass` tells by
  /// `created_at` and rule. The files are durable, not committed; nil where `proceed`, which is given the bytes written
  /// since it was last asked, gave up. `take` may take rows of a batch, of the stages that it is told, elsewhere: for each
  /// row it says whether it did.
  func separate(
    _ inputs: [Segment], _ entries: [Manifest.SegmentEntry], _ moment: AgeingMoment, hotClasses: Int,
    written: [[UInt64]] = [], _ fileIDs: inout [UInt64], proceed: Pace,
    take: (_ batch: EventBatch, _ stages: [AgeingStage]) -> [Bool] = { batch, _ in
      [Bool](repeating: false, count: batch.count)
    },
    hotClass: (_ createdAt: Int64, _ rule: Int) -> Int
  ) throws(StoreError) -> [Manifest.SegmentEntry]? {
    let warm = SegmentSeparation.Class(tier: .warm, codec: .zstd, level: moment.rules.warmLevel)
    let hot = SegmentSeparation.Class(tier: .hot, codec: .lz4, level: 0)
    let separation = SegmentSeparation(
      hashSeed: hashSeed, rowsPerSegment: options.largestSegmentRows, metadataLimit: options.rowGroupMetadataBytes,
      classes: [warm] + [SegmentSeparation.Class](repeating: hot, count: hotClasses))
    let sink = SegmentSink(self)
    defer { fileIDs += sink.fileIDs }
    var bytes = WrittenBytes()
    let segments = try separation.run(
      inputs, written: written, target: sink.next,
      classify: { batch in
        let rules = moment.rules.rule(ofRowsOf: batch)
        let stages = batch.createdAt.indices.map { row in
          moment.stage(rule: Int(rules[row]), createdAt: batch.createdAt[row])
        }
        let taken = take(batch, stages)
        return batch.createdAt.indices.map { row in
          if taken[row] { return SegmentSeparation.nowhere }
          return stages[row] > .hot ? 0 : UInt8(1 + hotClass(batch.createdAt[row], Int(rules[row])))
        }
      },
      proceed: { () throws(StoreError) in try proceed(bytes.news(sink.bytes)) })
    guard let segments else { return nil }
    try sink.publish()
    let level = mergedLevel(entries.map(\.level), fanIn: options.segmentFanIn)
    return segments.map { Manifest.SegmentEntry($1, level: level, tier: $0.tier) }
  }
}
