import StoreEngine
import Synchronization

/// Brings the search indexes that are in use up to date while the store rests, so that the next search does not have to, and
/// tidies them.
///
/// Units that were appended wait for a second without another append; then one thread takes them into the indexes, and tidies
/// those that this process wrote, also for a search. It goes on beside further appends, which it does not hold up, and stops with
/// the store, whose indexes then stay as they were.
final class IndexFiller: Sendable {
  private struct State {
    /// Goes up with every append.
    var appends: UInt64 = 0
    /// Whether a look is planned, or the work under way.
    var isPlanned = false
    var isStopped = false
  }

  private static let quietMilliseconds = 1_000

  private let engine: Engine
  private let indexes: SearchIndexes
  private let queue = BlockingQueue(label: "growthring.index")
  private let state = Mutex(State())
  private let areUsed = Atomic(false)

  init(engine: Engine, indexes: SearchIndexes) {
    self.engine = engine
    self.indexes = indexes
  }

  /// Units were appended.
  func note() {
    // Nobody has searched so far, and perhaps nobody will.
    if !areUsed.load(ordering: .relaxed) {
      guard indexes.areUsed else { return }
      areUsed.store(true, ordering: .relaxed)
    }
    let begins = state.withLock { state in
      state.appends += 1
      if state.isPlanned || state.isStopped { return false }
      state.isPlanned = true
      return true
    }
    if begins { plan() }
  }

  /// Somebody has searched, and perhaps filled an index by it.
  func noteUse() {
    guard indexes.areUntidy else { return }
    let begins = state.withLock { state in
      if state.isPlanned || state.isStopped { return false }
      state.isPlanned = true
      return true
    }
    if begins { plan() }
  }

  /// What is under way gives up.
  func stop() { state.withLock { $0.isStopped = true } }

  private func plan() {
    let appends = state.withLock { $0.appends }
    queue.start(afterMilliseconds: Self.quietMilliseconds) { [weak self] in self?.look(since: appends) }
  }

  private func look(since appends: UInt64) {
    let (isQuiet, isStopped) = state.withLock { ($0.appends == appends, $0.isStopped) }
    if isStopped { return }
    if isQuiet {
      // Where that fails, the next search will say so.
      _ = try? indexes.update(from: engine, tidiesAll: false) { state.withLock { !$0.isStopped } }
    }
    let goesOn = state.withLock { state in
      state.isPlanned = state.appends != appends && !state.isStopped
      return state.isPlanned
    }
    if goesOn { plan() }
  }
}
