/// Rewrites hot segments of a partition that have come of age as warm ones, a few at a time, and then its unit segments.
///
/// Beside a writer and readers, in this process or another. Interrupted at any moment it leaves the partition as it was
/// after the last step.
package struct WarmPass {
  private let partition: Partition
  private let moment: AgeingMoment
  private var surveys: SegmentSurveys

  package init(_ partition: Partition, _ moment: AgeingMoment) {
    self.partition = partition
    self.moment = moment
    surveys = SegmentSurveys(moment)
  }

  /// Rewrites the next segments that are due, and commits; nil where nothing is, where another process has the right to
  /// change the partition's files, or where `proceed` gave up.
  ///
  /// A segment whose events have all come of age, and of which Zstandard would save next to nothing, is not rewritten: it
  /// counts as warm from then on. Else a segment is due when at least half of its events have come of age. Events that have not go to a hot segment of their
  /// own. So an event that is moved costs at most one other that is rewritten, and none where merges have separated them
  /// before.
  package mutating func next(proceed: Pace = { _ in true }) throws(StoreError) -> AgeingMove? {
    try partition.maintain { (files) throws(StoreError) in try step(files, proceed) }
  }

  private mutating func step(_ files: PartitionFiles, _ proceed: Pace) throws(StoreError) -> AgeingMove? {
    let due = try due(files)
    guard !due.isEmpty else { return try partition.warmUnits(moment, files, proceed) }
    let light = try gainless(due, files)
    if !light.isEmpty { return try partition.relabel(light) }
    let inputs = files.segments.filter { segment in due.contains { $0.fileID == segment.fileID } }
    var fileIDs: [UInt64] = []
    let segments = try partition.durable { () throws(StoreError) in
      try partition.separate(inputs, due, moment, hotClasses: 1, &fileIDs, proceed: proceed) { _, _ in 0 }
    } orElse: {
      partition.discard(segments: fileIDs)
    }
    guard let segments else { return nil }
    try partition.replace(due, by: segments)
    return AgeingMove(
      rows: segments.reduce(0) { $0 + ($1.tier == .warm ? $1.rows : 0) },
      bytesBefore: due.reduce(0) { $0 + $1.length }, bytesAfter: segments.reduce(0) { $0 + $1.length })
  }

  /// Those segments that are wholly of age and would stay as large as they are.
  private mutating func gainless(
    _ due: [Manifest.SegmentEntry], _ files: PartitionFiles
  ) throws(StoreError) -> [Manifest.SegmentEntry] {
    var light: [Manifest.SegmentEntry] = []
    for entry in due {
      guard let segment = files.segments.first(where: { $0.fileID == entry.fileID }),
        try surveys.of(segment).rows(from: .warm) == entry.rows
      else { continue }
      if try segment.savedByZstandard(level: moment.rules.warmLevel) < Segment.leastSaving { light.append(entry) }
    }
    return light
  }

  /// The segments that are rewritten next: about as many events as make a segment of full size.
  private mutating func due(_ files: PartitionFiles) throws(StoreError) -> [Manifest.SegmentEntry] {
    var due: [Manifest.SegmentEntry] = []
    var rows = 0
    for (entry, segment) in zip(files.manifest.segments, files.segments) where entry.tier == .hot {
      if rows >= partition.options.largestSegmentRows { break }
      guard try surveys.of(segment).rows(from: .warm) * 2 >= entry.rows else { continue }
      due.append(entry)
      rows += entry.rows
    }
    return due
  }
}

extension Partition {
  /// How many segments, unit segments and runs the newest manifest names, and their bytes.
  package func fileSizes() throws(StoreError) -> (count: Int, bytes: Int) {
    let manifest = try manifests.newest()
    let lengths =
      manifest.segments.map(\.length) + manifest.runs.map(\.length) + manifest.unitSegments.map(\.length)
    return (lengths.count, lengths.reduce(0, +))
  }

  /// Commits that segments are warm as they are. Only under the lock of maintenance.
  func relabel(_ entries: [Manifest.SegmentEntry]) throws(StoreError) -> AgeingMove {
    try commit(removing: []) { (manifest: inout Manifest) throws(StoreError) in
      var isChanged = false
      for index in manifest.segments.indices where manifest.segments[index].tier == .hot {
        guard entries.contains(where: { $0.fileID == manifest.segments[index].fileID }) else { continue }
        manifest.segments[index].tier = .warm
        isChanged = true
      }
      return isChanged
    }
    let bytes = entries.reduce(0) { $0 + $1.length }
    return AgeingMove(rows: entries.reduce(0) { $0 + $1.rows }, bytesBefore: bytes, bytesAfter: bytes)
  }

  /// Commits durable segments in the place of others, and removes those. Only under the lock of maintenance.
  func replace(_ inputs: [Manifest.SegmentEntry], by segments: [Manifest.SegmentEntry]) throws(StoreError) {
    let pick = CompactionPick(segments: inputs.map(\.fileID))
    try commit(removing: inputs.map { StoreLayout.name(of: $0) }) { (manifest: inout Manifest) throws(StoreError) in
      guard manifest.holds(pick) else { return false }
      manifest.replace(segments: pick.segments, by: segments)
      return true
    }
  }
}
