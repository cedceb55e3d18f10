import Columnar

/// Moves versions of memory units of a partition that have come of age from its unit segments to files of the archive: what
/// `ArchivePass` is to events, by the same rules.
struct UnitArchivePass {
  private let partition: Partition
  private let archive: Archive
  private let moment: AgeingMoment
  /// The rules as they were a month ago: what was of age then has waited long enough.
  private let overdue: AgeingMoment
  private var queue = ArchiveQueue()

  init(_ partition: Partition, _ moment: AgeingMoment, overdue: AgeingMoment, _ archive: Archive) {
    self.partition = partition
    self.archive = archive
    self.moment = moment
    self.overdue = overdue
  }

  /// Moves the versions of the next segments that are due, and commits; nil where nothing is, or where `proceed` gave up. Only
  /// under the lock of maintenance.
  ///
  /// Versions go to one file for each month of their `updated_at`, with those of files of that month that are not much larger;
  /// what is left of the segments stays in hot and warm ones. The segments are gone through once for each of these, and only
  /// the contents of what is written are read, so that no more than a row group is in memory.
  mutating func step(_ files: PartitionFiles, _ proceed: Pace) throws(StoreError) -> AgeingMove? {
    while true {
      let due = try due(files)
      guard !due.isEmpty else { return nil }
      let inputs = files.unitSegments.filter { segment in due.contains { $0.fileID == segment.fileID } }
      let division = try UnitDivision(inputs, moment, largestImportance: archive.format.largestImportance)
      if division.moved == 0 {
        for entry in due { queue.giveUp(entry.fileID) }
        continue
      }
      return try move(due, inputs, division, files, proceed)
    }
  }

  private func move(
    _ due: [Manifest.UnitEntry], _ inputs: [UnitSegment], _ division: UnitDivision, _ files: PartitionFiles,
    _ proceed: Pace
  ) throws(StoreError) -> AgeingMove? {
    var written = UnitArchiveStep(partition, archive)
    let isWritten: Bool? = try partition.durable { () throws(StoreError) in
      for (place, month) in division.months.enumerated() {
        var cursors: [UnitCursor] = []
        for input in inputs {
          cursors.append(
            try UnitCursor(
              input, classes: division.classes[input.fileID] ?? [], wanted: UnitDivision.class(ofMonth: place)))
        }
        let rows = division.counts[Int(UnitDivision.class(ofMonth: place))]
        guard try written.write(cursors, rows, month, files, proceed) else { return nil }
      }
      return try written.writeRest(of: due, inputs, division, moment, proceed) ? true : nil
    } orElse: {
      written.discard()
    }
    guard isWritten != nil else { return nil }
    let replaced = due + written.mergedFiles
    try partition.replace(replaced, by: written.segments + written.archived)
    return AgeingMove(
      rows: division.moved, units: division.moved,
      bytesBefore: replaced.reduce(0) { $0 + $1.length } + written.mergedBytes,
      bytesAfter: (written.segments + written.archived).reduce(0) { $0 + $1.length } + written.archivedBytes)
  }

  /// The segments whose versions are moved next: about as many bytes as make one of full size.
  private mutating func due(_ files: PartitionFiles) throws(StoreError) -> [Manifest.UnitEntry] {
    var due: [Manifest.UnitEntry] = []
    var bytes = 0
    let (moment, overdue) = (moment, overdue)
    for (entry, segment) in zip(files.manifest.unitSegments, files.unitSegments) where entry.tier != .archive {
      if bytes >= partition.options.largestUnitBytes { break }
      let found = try queue.due(entry.fileID, rows: entry.rows) { () throws(StoreError) in
        (try Self.count(segment, moment), try Self.count(segment, overdue))
      }
      guard found != nil else { continue }
      due.append(entry)
      bytes += entry.length
    }
    return due
  }

  /// Versions that are of age for the archive.
  private static func count(_ segment: UnitSegment, _ moment: AgeingMoment) throws(StoreError) -> Int {
    let times = segment.bounds.smallestUpdatedAt...segment.bounds.largestUpdatedAt
    guard moment.rules.held.contains(where: { $0.overlaps(times) }) else {
      return try segment.stages(moment.units)[Int(AgeingStage.archive.rawValue)]
    }
    var count = 0
    for number in segment.footer.groups.indices {
      let group = try segment.group(number, keeps: false)
      let rules = try segment.rules(of: group, moment.units)
      for row in 0..<group.rows {
        let time = group.updatedAt[row]
        let isOfAge = moment.units.stage(rule: rules[row], updatedAt: time) == .archive
        if isOfAge, !moment.rules.isHeld(time) { count += 1 }
      }
    }
    return count
  }
}
