import Columnar
import StorageIO

extension CompactionPick {
  /// The unit segments that are merged next, all of one tier: by levels as event segments are, so that a version is rewritten
  /// once a level; for `settled` no more than that, since look-ups ask filters first; for `everything` all of them, in rounds
  /// where one merge would take on too many.
  static func units(_ extent: Extent, _ manifest: Manifest, options: EngineOptions) -> [Manifest.UnitEntry] {
    for tier in Manifest.Tier.ofSegments {
      let ofTier = manifest.unitSegments.filter { $0.tier == tier }
      // Of two of more than half nothing smaller in number could be made.
      let candidates = ofTier.filter { $0.length <= options.largestUnitBytes / 2 }
      if extent == .everything {
        let round = MergePick.round(candidates, most: options.mostInputs) { ($0.length, $0.fileID) }
        if !round.isEmpty { return round }
        if candidates.count > 1 { return candidates }
      } else {
        let pick = full(candidates, fanIn: options.fanIn) { $0.level }
        if !pick.isEmpty { return pick }
      }
    }
    return []
  }
}

extension Partition {
  /// Merges unit segments; whether it did. Only under the lock of maintenance.
  func compactUnits(_ extent: CompactionPick.Extent, _ proceed: Pace) throws(StoreError) -> Bool {
    var isMerged = false
    // Of what a merge writes only the last file can be small enough to be merged again, so there is an end.
    while true {
      let files = try newestFiles()
      let pick = CompactionPick.units(extent, files.manifest, options: options)
      guard let tier = pick.first?.tier, try rewriteUnits(pick, files, tier: tier, proceed) != nil else { break }
      isMerged = true
      if extent != .everything { break }
    }
    return isMerged
  }

  /// Writes the rows of unit segments anew, as segments of a tier, and commits them in place of the old ones; nil where `proceed`
  /// gave up. Interrupted at any moment it leaves the partition as it was. Only under the lock of maintenance.
  func rewriteUnits(
    _ pick: [Manifest.UnitEntry], _ files: PartitionFiles, tier: Manifest.Tier, codecLevel: Int32? = nil,
    _ proceed: Pace
  ) throws(StoreError) -> [Manifest.UnitEntry]? {
    let codecLevel = codecLevel ?? warmLevel
    let old = Set(pick.map(\.fileID))
    let inputs = files.unitSegments.filter { old.contains($0.fileID) }
    var fileIDs: [UInt64] = []
    let written = try durable { () throws(StoreError) in
      try mergeUnits(
        inputs, tier, level: mergedLevel(pick.map(\.level), fanIn: options.fanIn), codecLevel, &fileIDs, proceed)
    } orElse: {
      discard(units: fileIDs)
    }
    guard let written else { return nil }
    try replace(pick, by: written)
    return written
  }

  /// Commits durable files of units in the place of others, and removes those. Only under the lock of maintenance.
  func replace(_ inputs: [Manifest.UnitEntry], by written: [Manifest.UnitEntry]) throws(StoreError) {
    let old = Set(inputs.map(\.fileID))
    try commit(removing: inputs.map { StoreLayout.name(of: $0) }) { (manifest: inout Manifest) throws(StoreError) in
      guard Set(manifest.unitSegments.map(\.fileID)).isSuperset(of: old),
        let place = manifest.unitSegments.firstIndex(where: { old.contains($0.fileID) })
      else { return false }
      manifest.unitSegments.removeAll { old.contains($0.fileID) }
      manifest.unitSegments.insert(contentsOf: written, at: place)
      return true
    }
  }

  /// Writes the versions of some segments but for `gone`, rows by file, as segments of a tier; nil where `proceed` gave up.
  func mergeUnits(
    _ inputs: [UnitSegment], without gone: [UInt64: Set<UnitPlace>] = [:], _ tier: Manifest.Tier, level: Int,
    _ codecLevel: Int32, _ fileIDs: inout [UInt64], _ proceed: Pace
  ) throws(StoreError) -> [Manifest.UnitEntry]? {
    let dictionary = tier == .warm ? try UnitDictionary.train(inputs, without: gone, level: codecLevel) : nil
    var cursors: [UnitCursor] = []
    for input in inputs { cursors.append(try UnitCursor(input)) }
    return try writeUnits(
      UnitMerge(cursors), without: gone, tier, level: level, codecLevel, dictionary, &fileIDs, proceed)
  }

  /// Writes versions but for `gone`, rows by file, as segments of a tier; durable, not committed. Nil where `proceed` gave up.
  func writeUnits(
    _ source: UnitMerge, without gone: [UInt64: Set<UnitPlace>] = [:], _ tier: Manifest.Tier, level: Int,
    _ codecLevel: Int32, _ dictionary: ZstdDictionary?,
    _ fileIDs: inout [UInt64], _ proceed: Pace
  ) throws(StoreError) -> [Manifest.UnitEntry]? {
    var merge = source
    var merged: [Manifest.UnitEntry] = []
    var open: (writer: UnitSegmentWriter, output: FileOutput)?
    var told = 0
    func close() throws(StoreError) {
      guard let last = open else { return }
      merged.append(Manifest.UnitEntry(try last.writer.finish(), level: level, tier: tier))
      try last.output.publish(disk: environment.disk)
      open = nil
    }
    while let item = try merge.next() {
      if let place = item.place, gone[place.segment.fileID]?.contains(place.inSegment) == true { continue }
      if let current = open, current.output.offset >= options.largestUnitBytes { try close() }
      if open == nil {
        let fileID = environment.entropy.next()
        fileIDs.append(fileID)
        let output = try create(StoreLayout.unitsName(fileID))
        open = (
          UnitSegmentWriter(
            fileID: fileID, hashSeed: hashSeed, codec: tier == .hot ? .lz4 : .zstd, level: codecLevel,
            dictionary: dictionary, output: output), output
        )
        told = 0
      }
      guard let current = open else { break }
      try current.writer.append(try item.complete())
      let written = current.output.offset
      if written - told >= Self.bytesBetweenQuestions {
        guard try proceed(written - told) else { return nil }
        told = written
      }
    }
    guard try proceed(max(0, (open?.output.offset ?? told) - told)) else { return nil }
    try close()
    return merged
  }

  /// Whoever sets the pace is asked after so many bytes.
  private static let bytesBetweenQuestions = 1 << 20
}
