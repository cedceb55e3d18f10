import StorageIO
import Synchronization

extension Engine {
  /// Brings a reader up to date: everything acknowledged before the call is in every later read. Nothing to do in the
  /// writer, whose reads are always fresh.
  ///
  /// `only` limits the work to the partitions that a query needs. Complexity: a directory listing each for the log and a
  /// partition where nothing is new; else the log's tail is read again.
  package func refresh(only: [Int]? = nil) throws(StoreError) {
    guard mode == .reader else { return }
    var failure: StoreError?
    readerPosition.withLock { position in
      do throws(StoreError) {
        try refresh(&position, only ?? Array(partitions.indices))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private func refresh(_ position: inout ReaderPosition, _ needed: [Int]) throws(StoreError) {
    // The log before the manifests: what is trimmed from the log meanwhile is then in the manifests read later.
    let files = try logState()
    if position.log == nil || files != position.logFiles {
      position.log = try LogReader(disk: environment.disk, layout: layout)
      position.logFiles = files
      position.loaded = []
    }
    guard let log = position.log else { return }
    for number in needed {
      let partition = partitions[number]
      let isNew = try partition.reloadFiles()
      if isNew || !position.loaded.contains(number) {
        try partition.rebuildMemtable(log)
        position.loaded.insert(number)
      }
    }
    if needed.count == partitions.count {
      try log.checkContinuity(flushed: partitions.reduce(0) { max($0, $1.view().files.manifest.flushedSequence) })
    }
  }

  private func logState() throws(StoreError) -> [ReaderPosition.FileState] {
    let disk = environment.disk
    var files: [ReaderPosition.FileState] = []
    for name in try onDisk({ () throws(DiskError) in try disk.list(layout.logFolder) }) {
      do {
        files.append(.init(name: name, size: try disk.size(layout.logFolder + "/" + name)))
      } catch where error.kind == .notFound {
        continue
      } catch {
        throw StoreError(error)
      }
    }
    return files
  }
}

extension Engine {
  /// Bytes of all log files.
  package func logBytes() throws(StoreError) -> Int { try logState().reduce(0) { $0 + $1.size } }
}
