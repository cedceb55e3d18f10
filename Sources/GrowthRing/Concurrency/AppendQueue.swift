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
    /// Appends of memory units, in the order in which they came.
    var units = UnitAppends()
    /// Whether the last commit was of memory units: then events come next, where there are some.
    var wereUnitsLast = false
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
    try await enqueue { state, continuation in
      let last = state.groups.count - 1
      if last < 0 || !state.groups[last].takes(batch) { state.groups.append(CommitGroup()) }
      state.groups[state.groups.count - 1].add(batch, continuation, spare: &state.spare)
    }
  }

  /// Appends versions of memory units; those of many tasks go into one commit.
  func append(_ units: [UnitVersion]) async throws(StoreError) -> CommitReceipt {
    try await enqueue { state, continuation in state.units.add(units, continuation) }
  }

  /// Lets `add` put something into the next commit, under the lock, and waits for that.
  private func enqueue(
    _ add: (inout State, CheckedContinuation<Outcome, Never>) -> Void
  ) async throws(StoreError) -> CommitReceipt {
    let outcome = await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
      let start: Bool? = state.withLock { state in
        if state.isClosed { return nil }
        add(&state, continuation)
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
      let next: (work: Work, isDue: Bool)? = state.withLock { state in
        let work: Work
        if !state.units.isEmpty, state.groups.isEmpty || !state.wereUnitsLast {
          let units = state.units.takeNext()
          state.unchecked += units.length
          state.wereUnitsLast = true
          work = .units(units)
        } else if !state.groups.isEmpty {
          let group = state.groups.removeFirst()
          state.unchecked += group.length
          state.wereUnitsLast = false
          work = .events(group)
        } else {
          state.isDraining = false
          return nil
        }
        return (work, state.unchecked >= checkedBytes)
      }
      guard let next else { return }
      switch next.work {
      case .events(let group): commit(group, checksMemory: next.isDue)
      case .units(let units): commit(units, checksMemory: next.isDue)
      }
    }
  }

  /// What is committed next.
  private enum Work {
    case events(CommitGroup)
    case units(UnitAppends)
  }

  private func commit(_ group: UnitAppends, checksMemory: Bool) {
    do throws(StoreError) {
      if checksMemory {
        try maintenance.waitForMemory()
        state.withLock { $0.unchecked = 0 }
      }
      group.resume(try engine.commit(units: group.units, counts: group.counts, sync: sync))
    } catch {
      group.resume(error)
    }
    if checksMemory { maintenance.freezeIfFull() }
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
