import Synchronization

extension Engine {
  /// Bytes of all log files.
  package func logBytes() throws(StoreError) -> Int { try logState().reduce(0) { $0 + $1.size } }

  /// Bytes of all frames that were written since the store was opened.
  package var bytesLogged: Int { writer.withLock { $0?.log.bytesLogged ?? 0 } }

  /// The first sequence number of the log file that is written to; nil where there is none. It changes when the log grew by
  /// a file.
  package var newestLogFile: UInt64? { writer.withLock { $0?.log.fileSequence } }

  /// The partitions whose oldest events in memory keep more than `limit` bytes of log from being deleted: those that few
  /// events go to, and that would otherwise never be full.
  package func partitionsHoldingLog(beyond limit: Int) throws(StoreError) -> [Int] {
    var bytes = 0
    var oldest: UInt64 = 0
    for file in try logState().reversed() {
      guard let sequence = StoreLayout.logSequence(file.name) else { continue }
      bytes += file.size
      if bytes > limit {
        // Events from the next file on may stay in memory.
        break
      }
      oldest = sequence
    }
    guard bytes > limit else { return [] }
    return partitions.indices.filter { index in
      partitions[index].firstUnflushed.map { $0 < oldest } ?? false
    }
  }
}
