import Columnar
package import StorageIO
import Synchronization

/// A whole store, synchronous and deterministic: the log and its partitions.
///
/// Every call does its work on the calling thread. One thread at a time commits and freezes; flushing, compacting and
/// reading may happen on others at the same time. `GrowthStore` puts the asynchronous edge around it.
package final class Engine: Sendable {
  package enum Mode: Sendable {
    /// Holds the append lock; the only one that commits.
    case writer
    /// Reads beside a writer in another process; `refresh` brings it up to date.
    case reader
  }

  package let mode: Mode
  package let identity: StoreIdentity
  package let environment: StorageEnvironment
  package let layout: StoreLayout
  package let options: EngineOptions
  package let partitions: [Partition]

  struct Writer: ~Copyable {
    var log: LogWriter
    /// Set for good by the first failure after which the log's content is not known.
    var failure: StoreError?
  }

  /// Nil in readers.
  let writer: Mutex<Writer?>
  private let appendLock: (any DiskLock)?
  let readerPosition: Mutex<ReaderPosition>
  /// Held while log files are deleted: one after the other, whoever does it.
  let trimming = Mutex(())

  init(
    mode: Mode, identity: StoreIdentity, environment: StorageEnvironment, layout: StoreLayout,
    options: EngineOptions, partitions: [Partition], log: consuming LogWriter?, appendLock: (any DiskLock)?,
    position: ReaderPosition
  ) {
    self.mode = mode
    self.identity = identity
    self.environment = environment
    self.layout = layout
    self.options = options
    self.partitions = partitions
    self.appendLock = appendLock
    if let log {
      writer = Mutex(Writer(log: log, failure: nil))
    } else {
      writer = Mutex(nil)
    }
    readerPosition = Mutex(position)
  }

  /// The partition that holds a user, by the stored form of its id.
  package func partition(ofUser stored: [UInt8]) -> Partition { partitions[identity.partition(ofUser: stored)] }

  /// Puts an ageing policy in force for merges.
  package func setAgeing(_ rules: AgeingRules) {
    for partition in partitions { partition.ageing.withLock { $0 = rules } }
  }

  /// Bytes held by all memtables.
  package var memtableMemory: Int { partitions.reduce(0) { $0 + $1.memory } }

  /// The last acknowledged sequence number, of a writer.
  package var durableSequence: UInt64 { writer.withLock { $0?.log.durableSequence ?? 0 } }

  /// The whole store at one moment: between two commits, so that no batch is seen in part.
  package func snapshot() throws(StoreError) -> [PartitionView] {
    for partition in partitions { try partition.openFiles() }
    return writer.withLock { _ in partitions.map(\.currentView) }
  }

  /// Ends the log after everything was flushed, so that nothing of it has to be read by the next open.
  package func endLog() throws(StoreError) {
    try writer.withLock { (writer) throws(StoreError) in
      guard writer != nil else { return }
      try Self.guarded(&writer!) { (log: inout LogWriter) throws(StoreError) in try log.closeFile() }
    }
    guard partitions.allSatisfy({ $0.firstUnflushed == nil }) else { return }
    try removeLog(try logSequences())
  }

  /// Gives up the append lock. Events that are only in the log stay there, and are replayed by the next open.
  package func close() {
    writer.withLock { $0 = nil }
    appendLock?.release()
  }
}
