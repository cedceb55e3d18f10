import Columnar
import Synchronization

/// Removes versions of memory units that have expired from the unit segments of a partition, all at once.
///
/// A unit that goes with its whole history may have it in several files, and the newest version must not go before the others:
/// so everything is one commit. A segment is rewritten for a single version. Identities go to a file of expired keys. Interrupted
/// at any moment it leaves the partition as it was, or as it is to be. Beside a writer and readers, in this process or another.
package struct UnitExpiryPass {
  private let partition: Partition
  private let moment: AgeingMoment
  private var isDone = false

  /// Of an engine that reads beside a writer, `refresh` has to come before, so that it knows the versions that only the log
  /// holds.
  package init(_ partition: Partition, _ moment: AgeingMoment) {
    self.partition = partition
    self.moment = moment
  }

  /// Removes what has expired, and commits; nil where there is nothing, where another process has the right to change the
  /// partition's files, or where `proceed` gave up.
  package mutating func next(proceed: Pace = { _ in true }) throws(StoreError) -> AgeingMove? {
    guard !isDone, moment.units.rules.expiresAny else { return nil }
    // Before the files are listed, so that what is flushed meanwhile is seen at least once.
    let memory = partition.unitTables
    let move = try partition.maintain { (files) throws(StoreError) in
      try partition.expireUnits(moment, files, memory, proceed)
    }
    isDone = move != nil
    return move
  }
}

/// What an expiry of units changes in a manifest: durable files, not committed yet.
private struct UnitExpiryChange {
  /// What goes, and what is left of each.
  var replaced: [(old: Manifest.UnitEntry, new: [Manifest.UnitEntry])] = []
  var mergedKeys: [Manifest.KeyFileEntry] = []
  var keys: Manifest.KeyFileEntry
  /// Versions that expired.
  var rows: Int

  var replacedNames: [String] {
    replaced.map { StoreLayout.name(of: $0.old) } + mergedKeys.map { StoreLayout.keysName($0.fileID) }
  }

  var move: AgeingMove {
    let before = replaced.map(\.old.length) + mergedKeys.map(\.length)
    let after = replaced.flatMap(\.new).map(\.length) + [keys.length]
    return AgeingMove(rows: rows, units: rows, bytesBefore: before.reduce(0, +), bytesAfter: after.reduce(0, +))
  }
}

extension Partition {
  /// Its memory units that may be in no file, at this moment.
  fileprivate var unitTables: [UnitTable] {
    state.withLock { state in [state.frozen?.units, state.memtable.units].compactMap { $0 } }
  }

  /// Only under the lock of maintenance.
  fileprivate func expireUnits(
    _ moment: AgeingMoment, _ files: PartitionFiles, _ memory: [UnitTable], _ proceed: Pace
  ) throws(StoreError) -> AgeingMove? {
    let entries = files.manifest.unitSegments
    guard entries.contains(where: { moment.units.mayHaveExpired(since: $0.bounds.smallestUpdatedAt) }) else {
      return nil
    }
    let survey = try UnitExpirySurvey(files.unitSegments, memory: memory, moment.units, hashSeed: hashSeed)
    guard !survey.keys.isEmpty else { return nil }
    var begun: (units: [UInt64], keys: [UInt64]) = ([], [])
    let change = try durable { () throws(StoreError) in
      try writeSurvivors(survey, files, codecLevel: moment.rules.warmLevel, &begun, proceed)
    } orElse: {
      discard(keys: begun.keys, units: begun.units)
    }
    guard let change else { return nil }
    try commit(removing: change.replacedNames) { (manifest: inout Manifest) throws(StoreError) in
      guard manifest.fits(change) else { return false }
      manifest.apply(change)
      return true
    }
    return change.move
  }

  /// Writes what is left of segments, and the keys of what goes; nil where `proceed` gave up. What is left of an archived file is
  /// warm until it is archived again.
  private func writeSurvivors(
    _ survey: UnitExpirySurvey, _ files: PartitionFiles, codecLevel: Int32,
    _ begun: inout (units: [UInt64], keys: [UInt64]), _ proceed: Pace
  ) throws(StoreError) -> UnitExpiryChange? {
    var replaced: [(old: Manifest.UnitEntry, new: [Manifest.UnitEntry])] = []
    for (entry, segment) in zip(files.manifest.unitSegments, files.unitSegments) {
      guard let gone = survey.rows[entry.fileID] else { continue }
      if gone.count == entry.rows {
        replaced.append((entry, []))
        continue
      }
      let left = try mergeUnits(
        [segment], without: survey.rows, entry.tier == .archive ? .warm : entry.tier, level: entry.level, codecLevel,
        &begun.units, proceed)
      guard let left else { return nil }
      replaced.append((entry, left))
    }
    let (keys, merged) = try writeExpiredKeys(
      survey.keys, survey.days, amongst: files.manifest.expiredUnitKeys, files.expiredUnitKeys, &begun.keys)
    guard try proceed(keys.length) else { return nil }
    return UnitExpiryChange(replaced: replaced, mergedKeys: merged, keys: keys, rows: survey.keys.count)
  }
}

extension Manifest {
  /// Whether the files that an expiry of units begins with are still there.
  fileprivate func fits(_ change: UnitExpiryChange) -> Bool {
    Set(unitSegments.map(\.fileID)).isSuperset(of: change.replaced.map(\.old.fileID))
      && Set(expiredUnitKeys.map(\.fileID)).isSuperset(of: change.mergedKeys.map(\.fileID))
  }

  fileprivate mutating func apply(_ change: UnitExpiryChange) {
    unitSegments = unitSegments.flatMap { entry in
      change.replaced.first { $0.old.fileID == entry.fileID }?.new ?? [entry]
    }
    expiredUnitKeys.removeAll { keys in change.mergedKeys.contains { $0.fileID == keys.fileID } }
    expiredUnitKeys.append(change.keys)
  }
}
