import StorageIO

extension Engine {
  /// Removes files that no manifest names: what a crash, or a job that died, left behind. Only of a writer, and never at the
  /// same time as a flush.
  package func settleFiles() throws(StoreError) {
    for partition in partitions { try partition.settleFiles() }
  }

  /// Of a writer: takes over what other processes have committed to the files, merges and what has aged or expired. Else it
  /// would do so at the next flush only, and show until then what is gone. Readers are brought up to date by `refresh`.
  package func takeOverFiles() throws(StoreError) {
    guard mode == .writer else { return }
    for partition in partitions { try partition.takeOverFiles() }
  }

  /// Takes the right to append for a moment, where nobody has it: what only the log holds goes to files, and what a crash
  /// left behind goes away. False where somebody appends, who does so on its own.
  @discardableResult
  package func flushWhereNobodyAppends() throws(StoreError) -> Bool {
    let writer: Engine
    do throws(StoreError) {
      writer = try Engine.openWriter(environment, path: layout.root, identity: identity, options: options)
    } catch  where error.kind == .locked {
      return false
    }
    defer { writer.close() }
    for number in writer.partitions.indices {
      _ = writer.partitions[number].freeze()
      try writer.flushFrozen(number)
    }
    try writer.endLog()
    return true
  }
}
