package import Columnar
import Synchronization

extension Partition {
  /// The growth of one entity of a user, by entity type and dimension.
  ///
  /// The lock is held while the memtables are asked, and not for the files, so that neither a slow disk nor a large user
  /// holds up the writer. Copies nothing of a memtable.
  package func growth(user: Bytes, entity: Bytes, into rows: inout GrowthRows) throws(StoreError) {
    let (user, entity) = (KeySpan(user), KeySpan(entity))
    try openFiles()
    let sources = try state.withLock { (state) throws(StoreError) in
      let sources = try state.growthSources()
      sources.begin(&rows, user: user, entity: entity)
      state.forEachMemtable { memtable, place in
        memtable.addGrowth(user: user, entity: entity, sources.memtables[place], to: &rows)
      }
      return sources
    }
    try sources.finish(&rows, user: user, entity: entity)
  }

  /// The growth of all entities of a user, by entity, entity type and dimension.
  package func growth(user: Bytes, into rows: inout GrowthRows) throws(StoreError) {
    let user = KeySpan(user)
    try openFiles()
    let sources = try state.withLock { (state) throws(StoreError) in
      let sources = try state.growthSources()
      sources.begin(&rows)
      state.forEachMemtable { memtable, place in memtable.addGrowth(user: user, sources.memtables[place], to: &rows) }
      return sources
    }
    try sources.finish(&rows, user: user)
  }
}

extension Partition.State {
  /// Calls `body` with the memtables that hold events, in place, and with their place among all of them.
  @inline(__always)
  mutating func forEachMemtable(_ body: (borrowing Memtable, Int) -> Void) {
    if !hasFrozen {
      if !memtable.events.isEmpty { body(memtable, 0) }
    } else {
      body(frozen!, 0)
      body(memtable, 1)
    }
  }

  /// What reads need to know of all sources; made anew where a file or a text came or went.
  mutating func growthSources() throws(StoreError) -> GrowthSources {
    if let sources, memtable.fits(sources, at: hasFrozen ? 1 : 0) { return sources }
    let made = try GrowthSources(
      runs: files.runs, memtables: ((frozen.map { [$0] } ?? []) + [memtable]).map(\.rollupSnapshot),
      previous: lastSources)
    sources = made
    lastSources = made
    return made
  }
}
