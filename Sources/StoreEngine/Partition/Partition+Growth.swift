import CPrefetch
package import Columnar
import Synchronization

extension Partition {
  /// The growth of one entity of a user, by entity type and dimension.
  ///
  /// The lock is held while the memtables are asked, and not for the files, so that neither a slow disk nor a large user
  /// holds up the writer. Copies nothing of a memtable.
  package func growth(user: Bytes, entity: Bytes, into rows: inout GrowthRows) throws(StoreError) {
    let (user, entity) = (KeySpan(user), KeySpan(entity))
    let hashes = Memtable.Hashes(user, entity)
    try openFiles()
    let sources = try withState { (state) throws(StoreError) in
      let sources = try state.growthSources()
      state.forEachMemtable { memtable, _ in memtable.prefetch(hashes) }
      sources.begin(&rows, user: user, entity: entity)
      state.forEachMemtable { memtable, place in
        memtable.addGrowth(user: user, entity: entity, hashes, sources.memtables[place], to: &rows)
      }
      return sources
    }
    try sources.finish(&rows, user: user, entity: entity)
  }

  /// The growth of all entities of a user, by entity, entity type and dimension.
  package func growth(user: Bytes, into rows: inout GrowthRows) throws(StoreError) {
    let user = KeySpan(user)
    try openFiles()
    let sources = try withState { (state) throws(StoreError) in
      let sources = try state.growthSources()
      sources.begin(&rows)
      state.forEachMemtable { memtable, place in memtable.addGrowth(user: user, sources.memtables[place], to: &rows) }
      return sources
    }
    try sources.finish(&rows, user: user)
  }

  /// Runs a short read under the lock. The writer has that for a few microseconds at a time: to wait so long awake takes less
  /// than to be put to sleep and woken.
  @inline(__always)
  private func withState<R>(
    _ body: (inout sending State) throws(StoreError) -> sending R
  ) throws(StoreError) -> sending R {
    for _ in 0..<Self.tries {
      if let result = try state.withLockIfAvailable(body) { return result }
      for _ in 0..<Self.pausesOfTry { growthring_pause() }
    }
    return try state.withLock(body)
  }

  /// Ten to thirty microseconds in all.
  private static let tries = 64
  private static let pausesOfTry = 8
}
