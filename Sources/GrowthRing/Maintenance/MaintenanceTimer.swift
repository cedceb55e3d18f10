import StorageIO
import StoreEngine
import Synchronization

/// Runs the schedule of the policy inside a service: looks once a minute whether a long step is due and its window open.
final class MaintenanceTimer: Sendable {
  private let task = Mutex<Task<Void, Never>?>(nil)
  /// When the next run may begin, once it is due: put off by chance, so that many services do not begin at once.
  private let start = Mutex<Int64?>(nil)

  /// Begins to look; ends with the store, or with `stop`.
  func begin(_ store: GrowthStore) {
    let loop = Task.detached(priority: .background) { [weak store, self] in
      while !Task.isCancelled {
        do { try await Task.sleep(for: .seconds(60)) } catch { return }
        guard let store else { return }
        await self.look(store)
      }
    }
    task.withLock { $0 = loop }
  }

  func stop() {
    task.withLock { task in
      task?.cancel()
      task = nil
    }
  }

  /// Runs what is due, if it is and may begin by now. A failure is in the record of the job, or will come again.
  func look(_ store: GrowthStore) async {
    guard let policy = try? store.policy(), let jobs = try? await store.maintenanceJobs() else { return }
    let environment = store.engine.environment
    let now = environment.clock.now()
    let due = MaintenanceRun.due(jobs, policy, at: Timestamp(microseconds: now))
    guard due.contains(where: { $0 != .flush && $0 != .compact }), !Self.hasJustFailed(jobs, at: now) else { return }
    guard policy.schedule.isOpen(at: Timestamp(microseconds: now)) else {
      start.withLock { $0 = nil }
      return
    }
    let jitter = policy.schedule.jitter.microseconds
    let begins = start.withLock { start in
      let chosen = start ?? now + (jitter > 0 ? Int64(environment.entropy.next() % UInt64(jitter)) : 0)
      start = chosen
      return chosen
    }
    guard now >= begins else { return }
    start.withLock { $0 = nil }
    _ = try? await store.maintain(cause: .schedule)
  }

  /// What failed is due again, but would most likely fail again: a full disk, an archive that is not mounted.
  private static func hasJustFailed(_ jobs: [MaintenanceJob], at now: Int64) -> Bool {
    guard let last = jobs.first, last.cause == .schedule, last.state == .failed,
      last.error != MaintenanceJob.interrupted
    else { return false }
    let elapsed = now - last.startedAt.microseconds
    return elapsed >= 0 && elapsed < pauseAfterFailure.microseconds
  }

  private static let pauseAfterFailure = Age(microseconds: 3_600_000_000)
}
