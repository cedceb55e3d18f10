import StoreEngine
import Synchronization

/// The maintenance that this process runs on a store: where it runs, and what is under way, so that closing the store ends
/// it.
final class MaintenanceJobs: Sendable {
  let folder: JobFolder
  /// Apart from the queue that writes memory to files, which must not wait for long work.
  let queue = BlockingQueue(label: "growthring.jobs")
  private let running = Mutex<[Throttle]>([])

  init(_ folder: JobFolder) { self.folder = folder }

  func start(_ throttle: Throttle) { running.withLock { $0.append(throttle) } }

  func end(_ throttle: Throttle) { running.withLock { $0.removeAll { $0 === throttle } } }

  /// Ends what is under way at its next step, and waits until it has ended.
  func stop() async {
    for throttle in running.withLock({ $0 }) { throttle.cancel() }
    await queue.run { () throws(Never) in }
  }
}
