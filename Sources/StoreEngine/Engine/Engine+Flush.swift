extension Engine {
  /// Writes the frozen memtable of a partition to its files.
  package func flushFrozen(_ number: Int) throws(StoreError) { try partitions[number].flushFrozen() }

  package func refreshedSnapshot() throws(StoreError) -> [PartitionView] {
    try refresh()
    return snapshot()
  }
}
