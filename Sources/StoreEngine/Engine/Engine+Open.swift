import Columnar
package import StorageIO

extension Engine {
  /// Lays out the folders of a new store. Its `store.json` is written by the caller, last, so that a half-made store is
  /// not taken for one.
  package static func prepareFolders(
    _ layout: StoreLayout, partitions: Int, disk: any Disk
  ) throws(StoreError) {
    try onDisk { () throws(DiskError) in
      try disk.createDirectory(layout.root)
      try disk.createDirectory(layout.logFolder)
      try disk.createDirectory(layout.partitionsFolder)
      for partition in 0..<partitions { try disk.createDirectory(layout.partitionFolder(partition)) }
      try disk.syncDirectory(layout.partitionsFolder)
      try disk.syncDirectory(layout.root)
    }
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
    do {
      let log = try LogReader(disk: disk, layout: layout)
      try repair(log, disk: disk, layout: layout)
      let partitions = try openPartitions(environment, layout, identity, options)
      for partition in partitions { try partition.removeOrphans() }
      let flushed = partitions.reduce(0) { max($0, $1.view().files.manifest.flushedSequence) }
      try log.checkContinuity(flushed: flushed)
      for partition in partitions { try partition.recover(log) }
      let last = max(log.lastSequence, flushed)
      let engine = Engine(
        mode: .writer, identity: identity, environment: environment, layout: layout, options: options,
        partitions: partitions,
        log: LogWriter(
          environment: environment, layout: layout, nextSequence: last + 1, largestFile: options.logFileBytes),
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
    var partitions: [Partition] = []
    for number in 0..<identity.partitions {
      partitions.append(
        try Partition(
          number: number, layout: layout, environment: environment, hashSeed: identity.hashSeed, options: options,
          loadFiles: false))
    }
    return Engine(
      mode: .reader, identity: identity, environment: environment, layout: layout, options: options,
      partitions: partitions, log: nil, appendLock: nil, position: ReaderPosition())
  }

  private static func openPartitions(
    _ environment: StorageEnvironment, _ layout: StoreLayout, _ identity: StoreIdentity, _ options: EngineOptions
  ) throws(StoreError) -> [Partition] {
    var partitions: [Partition] = []
    for number in 0..<identity.partitions {
      partitions.append(
        try Partition(
          number: number, layout: layout, environment: environment, hashSeed: identity.hashSeed, options: options))
    }
    return partitions
  }

  /// Cuts the torn tail that a crash left, so that the file ends in its last frame, and makes what was read durable
  /// before anything is built on it. Files without a frame go.
  private static func repair(_ log: LogReader, disk: any Disk, layout: StoreLayout) throws(StoreError) {
    try onDisk { () throws(DiskError) in
      for file in log.files {
        if file.frames.isEmpty {
          try disk.remove(file.path)
        } else if let last = log.files.last(where: { !$0.frames.isEmpty }), last.path == file.path {
          let handle = try disk.open(file.path, .append)
          if file.validLength < file.bytes.count { try handle.truncate(to: file.validLength) }
          try handle.sync()
          try handle.close()
        }
      }
      try disk.syncDirectory(layout.logFolder)
    }
  }

  /// Deletes log files whose every event is in the files of its partition.
  package func trimLog() throws(StoreError) {
    var needed = UInt64.max
    for partition in partitions {
      if let first = partition.firstUnflushed { needed = min(needed, first) }
    }
    let names = try onDisk { () throws(DiskError) in try environment.disk.list(layout.logFolder) }
    let sequences = names.compactMap(StoreLayout.logSequence)
    // A file ends where the next begins; the newest one is still written to.
    for (sequence, next) in zip(sequences, sequences.dropFirst()) where next <= needed {
      do {
        try environment.disk.remove(layout.logFile(sequence))
      } catch where error.kind == .notFound {
        continue
      } catch {
        throw StoreError(error)
      }
    }
  }
}
