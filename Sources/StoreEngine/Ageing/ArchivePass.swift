import Columnar
import StorageIO
import Synchronization

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
  /// What was found about segments that stayed.
  private var surveys: [UInt64: (due: Int, overdue: Int)] = [:]
  /// Segments of which nothing can go.
  private var hopeless: Set<UInt64> = []
  private var units: UnitArchivePass

  /// Events that are taken up in one step at the most; they are in memory while their files are written.
  private static let mostRows = 1 << 19
  /// Bytes of memory that they may take.
  private static let mostMemory = 96 << 20

  package init(_ partition: Partition, _ moment: AgeingMoment, _ archive: Archive) {
    self.partition = partition
    self.archive = archive
    self.moment = moment
    overdue = moment.overdue
    units = UnitArchivePass(partition, moment, overdue: overdue, archive)
  }

  /// Moves the events of the next segments that are due, and commits; nil where nothing is, where another process has the
  /// right to change the partition's files, or where `proceed` gave up.
  ///
  /// A segment is due when half of its events have come of age for the archive, or when one of them did a month ago: so an
  /// event that is moved costs at most one other that is rewritten, but for few. Events go to one file for each month, together with those of files of that month
  /// that are not much larger, so that a month has few files and an event is rewritten a few times at the most. Every file
  /// is read back from the disk and compared before it counts.
  ///
  /// - Parameter proceed: called with the bytes written since it was last asked; it may wait, and false gives up.
  package mutating func next(
    proceed: (_ bytes: Int) throws(StoreError) -> Bool = { _ in true }
  ) throws(StoreError) -> AgeingMove? {
    // Where nothing of what is due could go, the next segments are looked at.
    while true {
      var isHopeless = false
      let move = try partition.maintain { (files) throws(StoreError) in try step(files, proceed, &isHopeless) }
      if !isHopeless { return move }
    }
  }

  /// Nil also where none of the events that are due fit into files of the archive; then it says so.
  private mutating func step(
    _ files: PartitionFiles, _ proceed: (_ bytes: Int) throws(StoreError) -> Bool, _ isHopeless: inout Bool
  ) throws(StoreError) -> AgeingMove? {
    let due = try due(files)
    guard !due.isEmpty else { return try units.step(files, proceed) }
    var written = ArchiveStep(partition, archive)
    let isWritten: Bool? = try partition.durable { () throws(StoreError) in
      guard try move(due, files, into: &written, proceed) else { return nil }
      // Deltas that do not fit.
      isHopeless = written.movedRows == 0
      return isHopeless ? nil : true
    } orElse: {
      written.discard()
    }
    if isHopeless { for entry in due { hopeless.insert(entry.fileID) } }
    guard isWritten != nil else { return nil }
    let inputs = due + written.mergedFiles
    try partition.replace(inputs, by: written.segments + written.archived)
    return AgeingMove(
      rows: written.movedRows, bytesBefore: inputs.reduce(0) { $0 + $1.length } + written.mergedBytes,
      bytesAfter: (written.segments + written.archived).reduce(0) { $0 + $1.length } + written.archivedBytes)
  }

  /// Writes everything; false where `proceed` gave up.
  private func move(
    _ due: [Manifest.SegmentEntry], _ files: PartitionFiles, into step: inout ArchiveStep,
    _ proceed: (_ bytes: Int) throws(StoreError) -> Bool
  ) throws(StoreError) -> Bool {
    let inputs = files.segments.filter { segment in due.contains { $0.fileID == segment.fileID } }
    var gathered = EventBatch()
    let largest = archive.format.largestDelta
    let segments = try partition.separate(
      inputs, due, moment, hotClasses: 1, &step.segmentIDs, proceed: proceed,
      take: { batch, stages in
        let isFull = gathered.count >= Self.mostRows || gathered.memory >= Self.mostMemory
        let taken = stages.indices.map { row in
          !isFull && stages[row] == .archive && batch.delta[row].magnitude <= largest.magnitude
        }
        let rows = taken.indices.filter { taken[$0] }.map { UInt32($0) }
        var recoder = BatchRecoder()
        gathered.append(batch, rows: rows[...], recoder: &recoder)
        return taken
      }, hotClass: { _, _ in 0 })
    guard let segments else { return false }
    step.segments = segments
    step.movedRows = gathered.count
    var months: [ArchiveMonth: [UInt32]] = [:]
    for (row, time) in gathered.createdAt.enumerated() {
      months[ArchiveMonth(of: time), default: []].append(UInt32(row))
    }
    for (month, rows) in months.sorted(by: { $0.key < $1.key }) {
      guard try step.write(gathered, rows, month, files, proceed) else { return false }
    }
    return true
  }

  /// The segments whose events are moved next.
  private mutating func due(_ files: PartitionFiles) throws(StoreError) -> [Manifest.SegmentEntry] {
    var due: [Manifest.SegmentEntry] = []
    var rows = 0
    for (entry, segment) in zip(files.manifest.segments, files.segments)
    where entry.tier != .archive && !hopeless.contains(entry.fileID) {
      if rows >= Self.mostRows { break }
      let survey: (due: Int, overdue: Int)
      if let known = surveys[entry.fileID] {
        survey = known
      } else {
        survey = (
          try SegmentSurvey(segment, moment).rows(at: .archive),
          try SegmentSurvey(segment, overdue).rows(from: .archive)
        )
        surveys[entry.fileID] = survey
      }
      guard survey.due > 0, survey.due * 2 >= entry.rows || survey.overdue > 0 else { continue }
      due.append(entry)
      rows += survey.due
    }
    return due
  }
}
