import Synchronization

extension Engine {
  /// Writes the frozen memtable of a partition to its files. Nothing to do where there is none.
  ///
  /// What goes into the files is durable in the log before. Else a power loss could leave one partition's part of a
  /// buffered frame without the others, or a later frame without an earlier one.
  package func flushFrozen(_ number: Int) throws(StoreError) {
    guard let last = partitions[number].frozenSequence else { return }
    try writer.withLock { (writer) throws(StoreError) in
      guard writer != nil else { throw StoreError(.closed, "the store is not open for appending") }
      if writer!.log.durableSequence >= last { return }
      if let failure = writer!.failure { throw failure }
      try Self.guarded(&writer!) { (log: inout LogWriter) throws(StoreError) in try log.sync() }
    }
    try partitions[number].flushFrozen()
  }
}
