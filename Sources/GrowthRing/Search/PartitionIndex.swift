import StorageIO
import StoreEngine
import Synchronization
import TextSearch

/// The index of one partition, which catches up with the store before every use of it. See Formats/search.md.
final class PartitionIndex: Sendable {
  let number: Int
  /// Nil where it is in memory from the beginning.
  let file: IndexFile?
  private let store: String
  private let state = Mutex(State())
  /// Whether this process has written to the file, and nobody has tidied it since.
  let isUntidy = Atomic(false)

  private struct State {
    var index: TextIndex?
    /// Whether the store was seen to have what `index` covers.
    var isKnown = false
    /// Versions that this process put into the index.
    var taken = 0
    /// Whether the file can be used at all.
    var isFileUsable = true
  }

  init(partition number: Int, file: IndexFile?, store: String) {
    self.number = number
    self.file = file
    self.store = store
  }

  /// Runs `body` on the index while it is in step with a snapshot, which `body` gets too: the given one, or a later one where
  /// another process has taken the index further. The tail has the units of the snapshot that the index does not cover.
  ///
  /// An index that cannot be read is made empty and filled from the store; where its file is of no use, that happens in memory.
  ///
  /// Throws `closed` where it is to go on no longer before the index is in step, which then is as it was.
  func inStep<S: UnitSource, R: Sendable>(
    with snapshot: S, fresh: () throws(StoreError) -> S, while goesOn: () -> Bool = { true },
    _ body: (TextIndex, UnitTail, S) throws(SearchFailure) -> R
  ) throws(StoreError) -> R {
    try state.withLock { (state) throws(StoreError) -> R in
      var isFileReset = false
      while true {
        let wasOpen = state.index != nil
        do throws(SearchFailure) {
          let index = try onIndex { () throws(SQLiteError) in try self.opened(&state) }
          do throws(SearchFailure) {
            return try self.run(index, &state, snapshot, fresh, while: goesOn, body)
          } catch {
            index.rollback()
            throw error
          }
        } catch {
          let cause: SQLiteError
          switch error {
          case .store(let error): throw error
          case .index(let error): cause = error
          }
          let isInMemory = state.index?.isInMemory ?? !state.isFileUsable
          state.index = nil
          if cause.kind == .busy {
            throw StoreError(.locked, file: file?.path, "another process is filling the search index for long")
          }
          if isInMemory {
            throw StoreError(.io, file: file?.path, "the search index could not be made: \(cause)")
          }
          // Another process may have emptied it, which who has it open takes for damage: whoever opens it now makes its tables.
          if wasOpen, cause.kind == .damaged || cause.kind == .other { continue }
          if cause.kind == .unavailable || cause.kind == .full { isFileReset = true }
          if isFileReset || !resetFile() { state.isFileUsable = false }
          isFileReset = true
        }
      }
    }
  }

  /// Whether there is an index already.
  var exists: Bool { state.withLock { $0.index != nil } || file?.exists ?? false }

  /// Versions that this process put into the index.
  var taken: Int { state.withLock { $0.taken } }

  /// Gives up the file. Of a log that this process wrote nothing is left, unless others read it.
  func close() {
    if isUntidy.load(ordering: .relaxed) { cutLog() }
    state.withLock { $0.index = nil }
  }

  /// Runs `body` on the index while nobody else has it, if it is open and has a file.
  func ifOpen<R: Sendable>(_ body: (TextIndex) -> R) -> R? {
    state.withLock { state in state.index.flatMap { $0.isInMemory ? nil : body($0) } }
  }

  /// Takes out everything, so that the next use fills it anew.
  func empty() throws(StoreError) {
    try state.withLock { (state) throws(StoreError) in
      state.index = nil
      if state.isFileUsable, file != nil, !resetFile() { state.isFileUsable = false }
    }
  }

  private func resetFile() -> Bool {
    guard let file else { return false }
    return (try? TextIndex.reset(path: file.path)) != nil
  }

  private func opened(_ state: inout State) throws(SQLiteError) -> TextIndex {
    if let index = state.index { return index }
    let file = state.isFileUsable ? file : nil
    file?.prepare()
    let index = try TextIndex(path: file?.path, store: store)
    state.index = index
    state.isKnown = false
    if index.wasMade, !index.isInMemory { isUntidy.store(true, ordering: .relaxed) }
    return index
  }

  private func run<S: UnitSource, R>(
    _ index: TextIndex, _ own: inout State, _ snapshot: S, _ fresh: () throws(StoreError) -> S,
    while goesOn: () -> Bool,
    _ body: (TextIndex, UnitTail, S) throws(SearchFailure) -> R
  ) throws(SearchFailure) -> R {
    var snapshot = snapshot
    // How far the index was before `snapshot` was taken.
    var seen: (covered: UInt64, expired: Int) = (0, 0)
    var writes = false
    while true {
      try onIndex { () throws(SQLiteError) in try index.begin(writing: writes) }
      let state = try onIndex { () throws(SQLiteError) in try index.state() }
      let expired = snapshot.expiredUnits(partition: number)
      let isAhead = state.covered > snapshot.lastSequence || state.expired > expired
      if isAhead, snapshot.lastSequence >= seen.covered, expired >= seen.expired {
        // Another process saw more of the store, and so shall we.
        index.rollback()
        seen = (state.covered, state.expired)
        snapshot = try onStore { () throws(StoreError) in try fresh() }
        continue
      }
      // The store, asked later, knows less than the index: it is not that of this store any more.
      var isStale = isAhead || state.isWorn
      // The store was put back from an older copy, and has gone on since. Other processes that fill the index see to the same.
      if !isStale, !own.isKnown { isStale = try !has(state, snapshot) }
      let mustWrite =
        isStale || state.expired < expired ? true : writes ? false : try hasNews(snapshot, after: state.covered)
      if !writes, mustWrite {
        index.rollback()
        writes = true
        continue
      }
      if isStale { try onIndex { () throws(SQLiteError) in try index.clear() } }
      own.isKnown = true
      var covered = isStale ? 0 : state.covered
      if writes { covered = try catchUp(index, &own, snapshot, after: covered, while: goesOn) }
      var tail = UnitTail()
      try onStore { () throws(StoreError) in
        try snapshot.forEachUnitVersion(partition: number, after: covered, content: false) { unit, _ in
          tail.add(unit)
          return true
        }
      }
      let result = try body(index, tail, snapshot)
      try onIndex { () throws(SQLiteError) in try index.commit() }
      if writes, !index.isInMemory { isUntidy.store(true, ordering: .relaxed) }
      return result
    }
  }

  /// Whether the store has the version that the index took in last, where it took it from.
  private func has(_ state: TextIndex.State, _ snapshot: some UnitSource) throws(SearchFailure) -> Bool {
    if state.covered == 0 { return true }
    guard let mark = state.mark else { return false }
    let found = try onStore { () throws(StoreError) in
      try snapshot.unitVersion(mark.unit, of: mark.user, at: Timestamp(microseconds: mark.version))
    }
    guard let found else {
      return try onStore { () throws(StoreError) in
        try snapshot.hasExpired(mark.unit, of: mark.user, updatedAt: mark.version, partition: number)
      }
    }
    return found.sequence == state.covered && found.unit.mark == mark
  }

  private func hasNews(_ snapshot: some UnitSource, after covered: UInt64) throws(SearchFailure) -> Bool {
    let durable = snapshot.durableSequence
    if durable <= covered { return false }
    var hasNews = false
    try onStore { () throws(StoreError) in
      try snapshot.forEachUnitVersion(partition: number, after: covered, content: false) { _, sequence in
        hasNews = sequence <= durable
        return !hasNews
      }
    }
    return hasNews
  }

  /// Takes out the units whose newest version has expired; whether the store has others of one of them.
  private func forgetExpired(
    _ index: TextIndex, _ writer: inout TextIndexWriter, _ snapshot: some UnitSource
  ) throws(SearchFailure) -> Bool {
    let found = try onIndex { () throws(SQLiteError) in
      try index.entries(failure: StoreError.self) { (entry) throws(StoreError) in
        try snapshot.hasExpired(entry.unit, of: entry.user, updatedAt: entry.version, partition: number)
      }
    }
    let gone = try onStore { () throws(StoreError) in try found.get() }
    var areLeft = false
    for entry in gone {
      try onIndex { () throws(SQLiteError) in try writer.remove(entry) }
      let left = try onStore { () throws(StoreError) in try snapshot.unit(entry.unit, of: entry.user, content: false) }
      areLeft = areLeft || left != nil
    }
    return areLeft
  }

  /// Takes in what is new and durable, and takes out what has expired; returns the last commit of it.
  private func catchUp(
    _ index: TextIndex, _ own: inout State, _ snapshot: some UnitSource, after covered: UInt64, while goesOn: () -> Bool
  ) throws(SearchFailure) -> UInt64 {
    let durable = snapshot.durableSequence
    var covered = covered
    var last = covered
    var newest: MemoryUnit?
    var taken = 0
    var failure: SQLiteError?
    var writer = try onIndex { () throws(SQLiteError) in try index.writer() }
    let expired = snapshot.expiredUnits(partition: number)
    let known = try onIndex { () throws(SQLiteError) in try index.state().expired }
    if known < expired, try forgetExpired(index, &writer, snapshot) {
      // Versions that came late were passed over beside newer ones, and count now: all are looked at.
      covered = 0
    }
    try onStore { () throws(StoreError) in
      try snapshot.forEachUnitVersion(partition: number, after: covered, content: true) {
        (unit, sequence) throws(StoreError) in
        if sequence > durable { return true }
        if !goesOn() {
          throw StoreError(.closed, file: file?.path, "the search index was not to be filled any further")
        }
        do throws(SQLiteError) {
          try writer.add(unit.document)
          taken += 1
          if sequence > last { (last, newest) = (sequence, unit) }
          return true
        } catch {
          failure = error
          return false
        }
      }
    }
    if let failure { throw .index(failure) }
    own.taken += taken
    if newest != nil || known < expired {
      try onIndex { () throws(SQLiteError) in
        try writer.finish(covered: last, mark: newest?.mark, expired: expired)
      }
    }
    return last
  }
}
