import StoreEngine
import Synchronization

/// Gathers the appends of many tasks into commits: while one commit waits for the disk, the next gathers, so that all who
/// wait share one sync.
final class AppendQueue: Sendable {
  typealias Outcome = Result<CommitReceipt, StoreError>

  /// A class, since a batch is many references to copy.
  private final class Pending: Sendable {
    let batch: EventBatch
    let continuation: CheckedContinuation<Outcome, Never>

    init(_ batch: EventBatch, _ continuation: CheckedContinuation<Outcome, Never>) {
      self.batch = batch
      self.continuation = continuation
    }
  }

  private struct State {
    var pending: [Pending] = []
    var isDraining = false
    var isClosed = false
  }

  private let state = Mutex(State())
  private let queue = BlockingQueue(label: "growthring.append")
  private let engine: Engine
  private let sync: Bool
  private let maintenance: MaintenanceLoop

  init(engine: Engine, sync: Bool, maintenance: MaintenanceLoop) {
    self.engine = engine
    self.sync = sync
    self.maintenance = maintenance
  }

  func append(_ batch: EventBatch) async throws(StoreError) -> CommitReceipt {
    let outcome = await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
      let start: Bool? = state.withLock { state in
        if state.isClosed { return nil }
        state.pending.append(Pending(batch, continuation))
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
      let group: [Pending] = state.withLock { state in
        let count = Self.groupLength(state.pending)
        if count == 0 { state.isDraining = false }
        var group: [Pending] = []
        if count == state.pending.count {
          swap(&group, &state.pending)
        } else {
          group = Array(state.pending.prefix(count))
          state.pending.removeFirst(count)
        }
        return group
      }
      if group.isEmpty { return }
      commit(group)
      maintenance.freezeIfFull()
    }
  }

  private func commit(_ group: [Pending]) {
    do throws(StoreError) {
      try maintenance.waitForMemory()
      let receipts = try engine.commit(group.map(\.batch), sync: sync)
      for (pending, receipt) in zip(group, receipts) { pending.continuation.resume(returning: .success(receipt)) }
    } catch {
      for pending in group { pending.continuation.resume(returning: .failure(error)) }
    }
  }

  /// How many of the waiting batches go into the next commit: small ones together, a large one alone.
  private static func groupLength(_ pending: [Pending]) -> Int {
    var rows = 0
    var count = 0
    for entry in pending {
      rows += entry.batch.count
      if count > 0 && (rows > largestGroupRows || count == largestGroup) { break }
      count += 1
    }
    return count
  }

  private static let largestGroupRows = 16_384
  private static let largestGroup = 4_096
}
