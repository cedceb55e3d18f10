import StorageIO
import Synchronization

extension Engine {
  /// Brings a reader up to date: everything acknowledged before the call is in every later read. Nothing to do in the
  /// writer, whose reads are always fresh.
  ///
  /// `only` limits the work to the partitions that a query needs. Complexity: a directory listing each for the log and a
  /// partition, and a look behind the log's last frame, where nothing is new; else the newest files of the log are read again, and what is new in them is applied.
  package func refresh(only: [Int]? = nil) throws(StoreError) {
    guard mode == .reader else { return }
    try readerPosition.withLock { (position) throws(StoreError) in
      try refresh(&position, only ?? Array(partitions.indices))
    }
  }

  /// The whole store at one moment, up to date: no batch is seen in part, whoever else refreshes meanwhile.
  package func refreshedSnapshot() throws(StoreError) -> [PartitionView] {
    guard mode == .reader else { return try snapshot() }
    return try readerPosition.withLock { (position) throws(StoreError) in
      try refresh(&position, Array(partitions.indices))
      return partitions.map(\.currentView)
    }
  }

  func refresh(_ position: inout ReaderPosition, _ needed: [Int]) throws(StoreError) {
    while true {
      let covered = flushedSequence(needed)
      // The log before the manifests: what is trimmed from the log meanwhile is then in the manifests read later.
      let files = try logState()
      let log: LogReader
      if let known = position.log, files == position.logFiles, try known.isCurrent(disk: environment.disk) {
        log = known
      } else {
        log = try LogReader(disk: environment.disk, layout: layout)
        // Memtables go on where they are, unless frames have come and gone: after a power loss or a trimming.
        if position.log.map(log.continues) != true { position.applied = [:] }
        position.log = log
        position.logFiles = files
      }
      var applied = position.applied
      // Should this fail midway, what is known of them is forgotten.
      position.applied = [:]
      try Partition.refresh(partitions, needed: needed, log, applied: &applied)
      position.applied = applied
      // Every partition now shows all frames up to the end of the log, or up to `covered` where the log was trimmed
      // before it was read. A manifest that is ahead of both was committed in between: its partition shows a frame
      // whose other parts are not here yet.
      if needed.count == 1 || flushedSequence(needed) <= max(covered, log.lastSequence) {
        if needed.count == partitions.count { try log.checkBeginning(flushed: flushedSequence(needed)) }
        return
      }
    }
  }

  private func flushedSequence(_ numbers: [Int]) -> UInt64 {
    numbers.reduce(0) { max($0, partitions[$1].flushedSequence) }
  }

  func logState() throws(StoreError) -> [ReaderPosition.FileState] {
    let disk = environment.disk
    var files: [ReaderPosition.FileState] = []
    for name in try onDisk({ () throws(DiskError) in try disk.list(layout.logFolder) }) {
      do {
        files.append(.init(name: name, size: try disk.size(layout.logFolder + "/" + name)))
      } catch  where error.kind == .notFound {
        continue
      } catch {
        throw StoreError(error)
      }
    }
    return files
  }
}
