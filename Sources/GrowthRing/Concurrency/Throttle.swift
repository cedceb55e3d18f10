import Dispatch
import StorageIO
import Synchronization

/// Keeps background work within a number of bytes a second, and ends it where it is asked to.
final class Throttle: Sendable {
  private let bytesPerSecond: Int?
  private let clock: any WallClock
  private let cancelled = Atomic(false)
  /// When what was done so far may have been done, in microseconds.
  private let done = Mutex<Int64>(.min)

  init(bytesPerSecond: Int?, clock: any WallClock) {
    self.bytesPerSecond = bytesPerSecond
    self.clock = clock
  }

  var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

  /// Ends the work at its next step.
  func cancel() { cancelled.store(true, ordering: .relaxed) }

  /// Blocks the calling thread for microseconds.
  static func sleep(_ microseconds: Int64) {
    _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .microseconds(Int(microseconds)))
  }

  /// Waits until so many more bytes are within the limit; false where the work is to end.
  func pace(_ bytes: Int) -> Bool {
    guard let bytesPerSecond, bytes > 0 else { return !isCancelled }
    let cost = Int64(Double(bytes) / Double(bytesPerSecond) * 1_000_000)
    let now = clock.now()
    var wait: Int64 = done.withLock { done in
      // A pause is not saved up; a clock that jumped does not make it wait for longer than the work itself is worth.
      done = max(done, now) + cost
      done = min(done, now + 2 * cost + 1_000_000)
      return done - now
    }
    while wait > 0, !isCancelled {
      let slice = min(wait, 100_000)
      Self.sleep(slice)
      wait -= slice
    }
    return !isCancelled
  }
}
