import Columnar
import StorageIO
import Synchronization

extension Partition {
  /// Applies what the log holds beyond the manifests. `partitions` are all of a store.
  static func recover(_ partitions: [Partition], _ log: LogReader) throws(StoreError) {
    let flushed = partitions.map(\.flushedSequence)
    try replay(
      log, partitions, above: flushed,
      units: { (number, units, sequence) in partitions[number].apply(units, sequence: sequence) },
      events: { (number, routed, rows, sequence) in
        partitions[number].adopt(routed, rows, sequence: sequence)
      })
  }

  /// Calls `events` with the rows of every partition, and `units` with its memory units, in frames above its number in `above`.
  private static func replay(
    _ log: LogReader, _ partitions: [Partition], above: [UInt64],
    units: (_ partition: Int, [UnitVersion], _ sequence: UInt64) -> Void,
    events: (_ partition: Int, RoutedBatch, ArraySlice<UInt32>, _ sequence: UInt64) -> Void
  ) throws(StoreError) {
    guard let first = partitions.first else { return }
    try log.replay(
      above: above,
      units: { (sequence, all) in
        let shares = UnitShares(all, partitions: partitions.count, hashSeed: first.hashSeed)
        for share in shares.shares where above[share.partition] < sequence {
          units(share.partition, share.rows.map { all[$0] }, sequence)
        }
      },
      events: { (sequence, partition, batch) in
        let routed = RoutedBatch(batch, partitions: partitions.count, hashSeed: first.hashSeed)
        if let partition {
          // As it was logged, whatever the users say.
          events(partition, routed, [UInt32](0..<UInt32(batch.count))[...], sequence)
          return
        }
        for number in routed.partitions where above[number] < sequence {
          events(number, routed, routed.rows(of: number), sequence)
        }
      })
  }

  /// Deletes files that no manifest names: what a crash left behind. Only the writer at its open does so, and only where
  /// no maintenance is at work in the folder.
  func settleFiles() throws(StoreError) {
    let lock = try maintenanceLock()
    defer { lock?.release() }
    var names = try list()
    if names.compactMap(StoreLayout.manifestNumber).max() != state.withLock({ $0.files.manifest.number }) {
      // What was committed before the lock was taken counts.
      try note(manifests.newest())
      names = try list()
    }
    if lock != nil { try removeOrphans(names) }
  }

  private func list() throws(StoreError) -> [String] {
    try onDisk { () throws(DiskError) in try environment.disk.list(folder) }
  }

  private func removeOrphans(_ names: [String]) throws(StoreError) {
    let manifest = state.withLock { $0.files.manifest }
    var named: Set<String> = [StoreLayout.manifestName(manifest.number), Self.maintenanceLockName]
    for segment in manifest.segments { named.insert(StoreLayout.name(of: segment)) }
    for run in manifest.runs + manifest.sealedRuns { named.insert(StoreLayout.runName(run.fileID)) }
    for keys in manifest.expiredKeys + manifest.expiredUnitKeys { named.insert(StoreLayout.keysName(keys.fileID)) }
    for units in manifest.unitSegments { named.insert(StoreLayout.name(of: units)) }
    let orphans = names.filter { !named.contains($0) && isOwn($0) }
    guard !orphans.isEmpty else { return }
    // Which takes away older manifests that are among them.
    try makeDurable()
    for name in orphans { try remove(name) }
  }

  /// Makes the manifest that was found at the open durable, once, before the log or older files go on the strength of it:
  /// whoever committed it may not have lived to sync it. An open after which nothing goes waits for no sync.
  func makeDurable() throws(StoreError) {
    if isDurable.load(ordering: .acquiring) { return }
    try note(commitAgain(), isDurable: true)
    isDurable.store(true, ordering: .releasing)
  }

  /// Commits what the newest manifest says once more, under a number of its own. To sync the folder instead would not do: if
  /// an earlier sync of it had failed, its names stay in doubt, whatever later ones say.
  func commitAgain() throws(StoreError) -> Manifest {
    let committed = try manifests.commit { (_) throws(StoreError) in true }
    guard let committed else { return try manifests.newest() }
    try manifests.removeManifests(before: committed.number)
    return committed
  }

  /// Foreign files are left alone: they may be somebody's, and harm nothing.
  private func isOwn(_ name: String) -> Bool {
    let manifest = state.withLock { $0.files.manifest.number }
    if let number = StoreLayout.manifestNumber(name) { return number < manifest }
    return name.hasSuffix(StoreLayout.temporarySuffix) || (name.hasPrefix("segment-") && name.hasSuffix(".seg"))
      || (name.hasPrefix("archive-") && name.hasSuffix(".arc")) || (name.hasPrefix("run-") && name.hasSuffix(".run"))
      || (name.hasPrefix("keys-") && name.hasSuffix(".keys"))
      || (name.hasPrefix("units-") && name.hasSuffix(".units"))
      || (name.hasPrefix("units-archive-") && name.hasSuffix(".arcu"))
  }
}

extension Partition {
  /// Of a reader: takes over the newest files of `needed` partitions together with what the log holds beyond them.
  /// `partitions` are all of the store; `applied` tells up to which frame of the log each memtable was built.
  static func refresh(
    _ partitions: [Partition], needed: [Int], _ log: LogReader, applied: inout [Int: UInt64]
  ) throws(StoreError) {
    // Memtables that begin anew, beside newer files, and the frames from which all go on.
    var renewed: [Int: (files: PartitionFiles, memtable: Memtable)] = [:]
    var above = [UInt64](repeating: .max, count: partitions.count)
    for number in needed {
      let partition = partitions[number]
      let current = partition.state.withLock { $0.files }
      let files = try PartitionFiles.openNewest(
        partition.manifests, disk: partition.environment.disk, archive: partition.archive, previous: current)
      if let known = applied[number], files.manifest == current.manifest {
        above[number] = max(known, files.manifest.flushedSequence)
      } else {
        renewed[number] = (files, Memtable())
        above[number] = files.manifest.flushedSequence
      }
      applied[number] = log.lastSequence
    }
    try replay(
      log, partitions, above: above,
      units: { (number, units, sequence) in
        if renewed[number] != nil {
          renewed[number]?.memtable.append(units, hashSeed: partitions[number].hashSeed, sequence: sequence)
        } else {
          partitions[number].apply(units, sequence: sequence)
        }
      },
      events: { (number, routed, rows, sequence) in
        var recoder = BatchRecoder(expected: rows.count)
        if renewed[number] != nil {
          renewed[number]?.memtable.append(routed.batch, rows, recoder: &recoder, sequence: sequence)
        } else {
          // A frame at once, so that no batch is seen in part.
          partitions[number].state.withLock { state in
            state.append(routed.batch, rows, recoder: &recoder, sequence: sequence)
          }
        }
      })
    for (number, new) in renewed {
      let former = partitions[number].state.withLock { $0.take(new.files, new.memtable) }
      withExtendedLifetime(former) {}
    }
  }
}
