import Columnar
import StorageIO

/// Moves events of a partition that have come of age from its segments to files of the archive, some at a time, and then its
/// memory units.
///
/// Beside a writer and readers, in this process or another. Interrupted at any moment it leaves the partition as it was
/// after the last step; files of the archive that no manifest names any more are removed by `Engine.sweepArchive`, once
/// whoever else reads the folder was told.
package struct ArchivePass {
  private let partition: Partition
  private let archive: Archive
  private let moment: AgeingMoment
  /// The rules as they were a month ago: what was of age then has waited long enough.
  private let overdue: AgeingMoment
  private var queue = ArchiveQueue()
  private var units: UnitArchivePass
  /// Has seen how columns are stored best: files are small, and to find it out for each takes longer than writing them. For
  /// the pass of the next partition.
  package private(set) var example: (any ArchiveFileWriter)?

  /// Events that are taken up in one step at the most; they are in memory while their files are written.
  private static let mostRows = 1 << 19
  /// Bytes of memory that they may take.
  private static let mostMemory = 96 << 20

  /// - Parameter example: that of the pass before, where there was one.
  package init(
    _ partition: Partition, _ moment: AgeingMoment, _ archive: Archive, example: (any ArchiveFileWriter)? = nil
  ) {
    self.example = example
    self.partition = partition
    self.archive = archive
    self.moment = moment
    overdue = moment.overdue
    units = UnitArchivePass(partition, moment, overdue: overdue, archive)
  }

  /// Moves the events of the next segments that are due, and commits; nil where nothing is, where another process has the
  /// right to change the partition's files, or where `proceed` gave up.
  ///
  /// Events go to one file for each month, together with those of files of that month that are not much larger, so that a
  /// month has few files and an event is rewritten a few times at the most. Every file is read back from the disk and compared
  /// before it counts.
  package mutating func next(proceed: Pace = { _ in true }) throws(StoreError) -> AgeingMove? {
    // Where nothing of what is due could go, the next segments are looked at.
    while true {
      var isHopeless = false
      let move = try partition.maintain { (files) throws(StoreError) in try step(files, proceed, &isHopeless) }
      if !isHopeless { return move }
    }
  }

  /// Nil also where none of the events that are due fit into files of the archive; then it says so.
  private mutating func step(
    _ files: PartitionFiles, _ proceed: Pace, _ isHopeless: inout Bool
  ) throws(StoreError) -> AgeingMove? {
    let due = try due(files)
    guard !due.isEmpty else { return try units.step(files, proceed) }
    var written = ArchiveStep(partition, archive, after: example)
    let isWritten: Bool? = try partition.durable { () throws(StoreError) in
      guard try move(due, files, into: &written, proceed) else { return nil }
      // Deltas that do not fit.
      isHopeless = written.movedRows == 0
      return isHopeless ? nil : true
    } orElse: {
      written.discard()
    }
    if isHopeless { for entry in due { queue.giveUp(entry.fileID) } }
    guard isWritten != nil else { return nil }
    // One of its own, which holds nothing of the files before.
    example = written.lastWriter.map { archive.format.makeWriter(after: $0) }
    let inputs = due + written.mergedFiles
    try partition.replace(inputs, by: written.segments + written.archived)
    return AgeingMove(
      rows: written.movedRows, bytesBefore: inputs.reduce(0) { $0 + $1.length } + written.mergedBytes,
      bytesAfter: (written.segments + written.archived).reduce(0) { $0 + $1.length } + written.archivedBytes)
  }

  /// Writes everything; false where `proceed` gave up.
  private func move(
    _ due: [Manifest.SegmentEntry], _ files: PartitionFiles, into step: inout ArchiveStep, _ proceed: Pace
  ) throws(StoreError) -> Bool {
    let inputs = files.segments.filter { segment in due.contains { $0.fileID == segment.fileID } }
    var gathered = EventsByMonth()
    let largest = archive.format.largestDelta
    let segments = try partition.separate(
      inputs, due, moment, hotClasses: 1, &step.segmentIDs, proceed: proceed,
      take: { batch, stages in
        let isFull = gathered.count >= Self.mostRows || gathered.memory >= Self.mostMemory
        let taken = stages.indices.map { row in
          !isFull && stages[row] == .archive && batch.delta[row].magnitude <= largest.magnitude
        }
        gathered.append(batch, taken)
        return taken
      }, hotClass: { _, _ in 0 })
    guard let segments else { return false }
    step.segments = segments
    step.movedRows = gathered.count
    while let (month, events) = gathered.popFirst() {
      guard try step.write(events, month, files, proceed) else { return false }
    }
    return true
  }

  /// The segments whose events are moved next.
  private mutating func due(_ files: PartitionFiles) throws(StoreError) -> [Manifest.SegmentEntry] {
    var due: [Manifest.SegmentEntry] = []
    var rows = 0
    let (moment, overdue) = (moment, overdue)
    for (entry, segment) in zip(files.manifest.segments, files.segments) where entry.tier != .archive {
      if rows >= Self.mostRows { break }
      let found = try queue.due(entry.fileID, rows: entry.rows) { () throws(StoreError) in
        (
          try SegmentSurvey(segment, moment).rows(at: .archive),
          try SegmentSurvey(segment, overdue).rows(from: .archive)
        )
      }
      guard let found else { continue }
      due.append(entry)
      rows += found
    }
    return due
  }
}
