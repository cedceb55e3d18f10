import Columnar
package import StorageIO
import Synchronization

extension Engine {
  /// Lays out the folders of a new store, with a first manifest in each partition, so that one without is known to be
  /// damaged. Its `store.json` is written by the caller, last, so that a half-made store is
  /// not taken for one.
  package static func prepareFolders(
    _ layout: StoreLayout, partitions: Int, environment: StorageEnvironment
  ) throws(StoreError) {
    let disk = environment.disk
    try prepareRoot(layout, environment: environment)
    try onDisk { () throws(DiskError) in
      try disk.createDirectory(layout.logFolder)
      try disk.createDirectory(layout.partitionsFolder)
      for partition in 0..<partitions { try disk.createDirectory(layout.partitionFolder(partition)) }
      try disk.syncDirectory(layout.partitionsFolder)
      try disk.syncDirectory(layout.root)
    }
    for partition in 0..<partitions {
      let folder = layout.partitionFolder(partition)
      try ManifestStore(environment: environment, folder: folder, partition: partition).commitFirst()
    }
  }

  /// Makes the folder of a store, durably: a place for the lock under which all else is laid out.
  package static func prepareRoot(_ layout: StoreLayout, environment: StorageEnvironment) throws(StoreError) {
    let disk = environment.disk
    try onDisk { () throws(DiskError) in
      let changed = try changedParents(layout.root, disk: disk)
      try disk.createDirectory(layout.root)
      for parent in changed { try disk.syncDirectory(parent) }
    }
  }

  /// The folders that get a new entry where a folder and its missing parents are made; the lowest is there even if
  /// nothing is missing, because whoever made the folder may not have lived to sync it.
  private static func changedParents(_ path: String, disk: any Disk) throws(DiskError) -> [String] {
    var parents: [String] = []
    var current = path
    repeat {
      while current.count > 1, current.hasSuffix("/") { current.removeLast() }
      guard current != "/", current != ".", current != ".." else { break }
      if let slash = current.lastIndex(of: "/") {
        current = slash == current.startIndex ? "/" : String(current[..<slash])
      } else {
        current = "."
      }
      parents.append(current)
    } while try !disk.exists(current)
    return parents
  }

  /// Opens a store to append to it: takes the lock, and recovers what the log holds beyond the manifests.
  package static func openWriter(
    _ environment: StorageEnvironment, path: String, identity: StoreIdentity, options: EngineOptions = EngineOptions()
  ) throws(StoreError) -> Engine {
    let layout = StoreLayout(root: path)
    let disk = environment.disk
    guard let lock = try onDisk({ () throws(DiskError) in try disk.tryLock(layout.appendLock) }) else {
      throw StoreError(.locked, file: layout.appendLock, "another process appends to this store")
    }
    do throws(StoreError) {
      let log = try LogReader(disk: disk, layout: layout)
      try repair(log, disk: disk, layout: layout)
      let partitions = try openPartitions(environment, layout, identity, options)
      for partition in partitions { try partition.settleFiles() }
      let flushed = partitions.reduce(0) { max($0, $1.flushedSequence) }
      try log.checkBeginning(flushed: flushed)
      // Nothing is flushed before it is durable in the log, and the log's end goes last.
      if let newest = log.files.last, flushed > log.lastSequence, flushed >= newest.firstSequence {
        throw StoreError(
          .corruption, file: newest.path, offset: newest.validLength,
          "the log ends after frame \(log.lastSequence), but frame \(flushed) was flushed")
      }
      try Partition.recover(partitions, log)
      let last = max(log.lastSequence, flushed)
      let engine = Engine(
        mode: .writer, identity: identity, environment: environment, layout: layout, options: options,
        partitions: partitions,
        log: LogWriter(
          environment: environment, layout: layout, nextSequence: last + 1, largestFile: options.logFileBytes,
          ahead: options.logAheadBytes),
        appendLock: lock, position: ReaderPosition())
      try engine.trimLog()
      return engine
    } catch {
      lock.release()
      throw error
    }
  }

  /// Opens a store to read it beside its writer.
  package static func openReader(
    _ environment: StorageEnvironment, path: String, identity: StoreIdentity, options: EngineOptions = EngineOptions()
  ) throws(StoreError) -> Engine {
    let layout = StoreLayout(root: path)
    let partitions = try openPartitions(environment, layout, identity, options, loadFiles: false)
    return Engine(
      mode: .reader, identity: identity, environment: environment, layout: layout, options: options,
      partitions: partitions, log: nil, appendLock: nil, position: ReaderPosition())
  }

  private static func openPartitions(
    _ environment: StorageEnvironment, _ layout: StoreLayout, _ identity: StoreIdentity, _ options: EngineOptions,
    loadFiles: Bool = true
  ) throws(StoreError) -> [Partition] {
    let rowGroups = RowGroupCache(limit: options.rowGroupCacheBytes)
    let archive = archive(environment, layout, identity, options)
    var manifests: [(number: UInt64, path: String)] = []
    if loadFiles {
      for number in 0..<identity.partitions {
        let store = ManifestStore(
          environment: environment, folder: layout.partitionFolder(number), partition: number)
        let newest = try store.newestNumber()
        manifests.append((newest, store.path(newest)))
      }
      // One after the other, each would wait for the disk.
      environment.disk.expect(manifests.map(\.path))
    }
    var partitions: [Partition] = []
    for number in 0..<identity.partitions {
      partitions.append(
        try Partition(
          number: number, layout: layout, environment: environment, hashSeed: identity.hashSeed, options: options,
          loadFiles: loadFiles, manifest: loadFiles ? manifests[number].number : 0, rowGroups: rowGroups,
          archive: archive))
    }
    return partitions
  }

  private static func archive(
    _ environment: StorageEnvironment, _ layout: StoreLayout, _ identity: StoreIdentity, _ options: EngineOptions
  ) -> Archive? {
    options.archiveFormat.map { format in
      Archive(
        storage: ArchiveFolder(options.archiveFolder ?? layout.archiveFolder, disk: environment.disk),
        unitStorage: ArchiveFolder(options.unitArchiveFolder ?? layout.unitArchiveFolder, disk: environment.disk),
        format: format, hashSeed: identity.hashSeed, cacheBytes: options.archiveCacheBytes)
    }
  }

  /// Cuts the torn tail that a crash left, so that the file ends in its last frame, and makes what was read durable
  /// before anything is built on it. Files without a frame go.
  private static func repair(_ log: LogReader, disk: any Disk, layout: StoreLayout) throws(StoreError) {
    guard !log.files.isEmpty else { return }
    try onDisk { () throws(DiskError) in
      for file in log.files {
        if file.frames.isEmpty {
          try disk.remove(file.path)
        } else if let last = file.frames.last, last.sequence == log.lastSequence {
          let handle = try disk.open(file.path, .append)
          if file.validLength < file.bytes.count { try handle.truncate(to: file.validLength) }
          // Written again: where an earlier sync had failed, another one alone would not make these frames durable.
          if let first = file.frames.first(where: { $0.sequence > last.durableSequence }) {
            try handle.write(file.bytes.array(first.offset, file.validLength - first.offset), at: first.offset)
          }
          try handle.sync()
          try handle.close()
        }
      }
      try disk.syncDirectory(layout.logFolder)
    }
  }

  /// Deletes log files whose every event is in the files of its partition.
  package func trimLog() throws(StoreError) {
    // The log before the memtables: every frame of a file that has a successor now was applied before.
    let sequences = try logSequences()
    var needed = UInt64.max
    for partition in partitions {
      if let first = partition.firstUnflushed { needed = min(needed, first) }
    }
    // A file ends where the next begins; the newest one is still written to.
    try removeLog(zip(sequences, sequences.dropFirst()).filter { $1 <= needed }.map(\.0))
  }

  /// The sequence numbers in the names of the log files, ascending.
  func logSequences() throws(StoreError) -> [UInt64] {
    try onDisk { () throws(DiskError) in try environment.disk.list(layout.logFolder) }
      .compactMap(StoreLayout.logSequence)
  }

  /// Deletes log files, the oldest first and one after the other, so that what a power loss leaves has no gap.
  func removeLog(_ sequences: [UInt64]) throws(StoreError) {
    guard !sequences.isEmpty else { return }
    try trimming.withLock { (_) throws(StoreError) in
      for partition in partitions { try partition.makeDurable() }
      for sequence in sequences { try removeLogFile(sequence) }
    }
  }

  private func removeLogFile(_ sequence: UInt64) throws(StoreError) {
    do {
      try environment.disk.remove(layout.logFile(sequence))
      try environment.disk.syncDirectory(layout.logFolder)
    } catch  where error.kind == .notFound {
      return
    } catch {
      throw StoreError(error)
    }
  }
}
