import StoreEngine
import Synchronization

/// Gathers the appends of many tasks into commits: while one commit waits for the disk, the next gathers, so that all who
/// wait share one sync.
///
/// A small append puts its rows into the batch of the next commit itself, so that the committing thread, on which everybody
/// waits, finds one batch and not many.
final class AppendQueue: Sendable {
  typealias Outcome = Result<CommitReceipt, StoreError>

  private struct State {
    /// What is committed next comes first; only the last one grows.
    var groups: [CommitGroup] = []
    /// The empty batch of an earlier commit, whose memory serves the next.
    var spare = EventBatch()
    /// About how many bytes were committed since memory was last looked at.
    var unchecked = 0
    var isDraining = false
    var isClosed = false
  }

  private let state = Mutex(State())
  private let queue = BlockingQueue(label: "growthring.append")
  private let engine: Engine
  private let sync: Bool
  private let maintenance: MaintenanceLoop
  /// Memory is looked at whenever about so many bytes were committed: going through all memtables for a few events costs
  /// more than the events.
  private let checkedBytes: Int

  init(engine: Engine, sync: Bool, maintenance: MaintenanceLoop) {
    self.engine = engine
    self.sync = sync
    self.maintenance = maintenance
    checkedBytes = min(64 << 10, engine.options.memtableBytes / 64)
  }

  func append(_ batch: EventBatch) async throws(StoreError) -> CommitReceipt {
    let outcome = await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
      let start: Bool? = state.withLock { state in
        if state.isClosed { return nil }
        let last = state.groups.count - 1
        if last < 0 || !state.groups[last].takes(batch) { state.groups.append(CommitGroup()) }
        state.groups[state.groups.count - 1].add(batch, continuation, spare: &state.spare)
        defer { state.isDraining = true }
        return !state.isDraining
      }
      guard let start else {
        continuation.resume(returning: .failure(StoreError(.closed, "the store is closed")))
        return
      }
      if start { queue.start { self.drain() } }
    }
    return try outcome.get()
  }

  /// Runs a step between two commits.
  func between<R: Sendable>(_ body: @escaping @Sendable () throws(StoreError) -> R) async throws(StoreError) -> R {
    try await queue.run(body)
  }

  /// Refuses further appends; those under way complete.
  func close() { state.withLock { $0.isClosed = true } }

  private func drain() {
    while true {
      let next: (group: CommitGroup, isDue: Bool)? = state.withLock { state in
        guard !state.groups.isEmpty else {
          state.isDraining = false
          return nil
        }
        let group = state.groups.removeFirst()
        state.unchecked += group.length
        return (group, state.unchecked >= checkedBytes)
      }
      guard let next else { return }
      commit(next.group, checksMemory: next.isDue)
    }
  }

  private func commit(_ group: consuming CommitGroup, checksMemory: Bool) {
    var batch = EventBatch()
    do throws(StoreError) {
      if checksMemory {
        try maintenance.waitForMemory()
        state.withLock { $0.unchecked = 0 }
      }
      batch = group.takeBatch()
      let receipts = try engine.commit(&batch, counts: group.counts, sync: sync)
      group.resume(receipts)
    } catch {
      group.resume(error)
    }
    if group.isShared, batch.memory <= CommitGroup.largestSpare {
      batch.removeAll(keepingCapacity: true)
      state.withLock { swap(&$0.spare, &batch) }
    }
    if checksMemory { maintenance.freezeIfFull() }
  }
}
