import StoreEngine
import Synchronization

/// Merges for the sake of reads, in quiet times.
///
/// One look a second asks whether nothing was written out since the last, and little appended. If so, one lane settles the
/// partitions that were written since they last were. It gives up at its next chunk as soon as a memtable waits, somebody
/// waits for the queue, the store closes, or many events come, and then goes on as any lane.
extension MaintenanceLoop {
  struct Settling {
    /// Partitions that were written since they were last settled.
    var partitions: Set<Int> = []
    /// Whether a look is planned, or the work under way.
    var isPlanned = false
    var isStopped = false
    /// Those who wait until the queue is theirs.
    var waiting = 0
    /// Goes up with every flush, and whenever much was appended.
    var activity: UInt64 = 0
    /// Bytes that settling wrote since the store was opened.
    var written = 0
    /// Bytes of memtables when `activity` last went up because of them.
    private var memory = 0

    /// Takes note of what memtables hold; `step` is how much more of it is much.
    mutating func note(memory: Int, step: Int) {
      if memory < self.memory {
        self.memory = memory
      } else if memory - self.memory > step {
        self.memory = memory
        activity += 1
      }
    }
  }

  private static let quietMilliseconds = 1_000

  /// Ends settling for good; what is under way gives up.
  func stopSettling() { state.withLock { $0.settling.isStopped = true } }

  /// Plans a look in a second, where there is something to settle.
  func planSettling() {
    guard compacts else { return }
    let activity: UInt64? = state.withLock { state in
      let settling = state.settling
      guard !settling.isPlanned, !settling.isStopped, !settling.partitions.isEmpty, state.failure == nil else {
        return nil
      }
      state.settling.isPlanned = true
      return settling.activity
    }
    guard let activity else { return }
    queue.start(afterMilliseconds: Self.quietMilliseconds) { [weak self] in self?.settle(ifStill: activity) }
  }

  private func settle(ifStill activity: UInt64) {
    let isQuiet = state.withLock { state in
      guard state.running == 0, state.failure == nil, state.isQuiet(since: activity) else {
        state.settling.isPlanned = false
        return false
      }
      state.running += 1
      return true
    }
    guard isQuiet else { return planSettling() }
    do throws(StoreError) {
      while let next = nextToSettle(ifStill: activity) {
        while try engine.partitions[next].compact(.settled, proceed: { goesOn($0, ifStill: activity) }) {}
        state.withLock { if $0.isQuiet(since: activity) { $0.settling.partitions.remove(next) } }
      }
    } catch {
      state.withLock { $0.failure = $0.failure ?? error }
    }
    state.withLock { $0.settling.isPlanned = false }
    run()
  }

  /// Settling writes at most about as many bytes as were logged, so that it adds no more than one to what is written for
  /// each. What is left then waits for further events, or for `compact`.
  private func nextToSettle(ifStill activity: UInt64) -> Int? {
    let logged = engine.bytesLogged
    return state.withLock { state in
      guard state.isQuiet(since: activity) else { return nil }
      if state.settling.written >= logged { state.settling.partitions.removeAll() }
      return state.settling.partitions.min()
    }
  }

  private func goesOn(_ bytes: Int, ifStill activity: UInt64) -> Bool {
    state.withLock { state in
      state.settling.written += bytes
      return state.isQuiet(since: activity)
    }
  }
}

extension MaintenanceLoop.State {
  fileprivate func isQuiet(since activity: UInt64) -> Bool {
    frozen.isEmpty && settling.waiting == 0 && !settling.isStopped && settling.activity == activity
  }
}
