import Dispatch

/// Where blocking work runs, so that the cooperative pool of Swift tasks never waits for a disk.
struct BlockingQueue: Sendable {
  private let queue: DispatchQueue

  /// A queue of one thread at a time, or of as many as the work needs.
  init(label: String, concurrent: Bool = false) {
    queue = DispatchQueue(label: label, attributes: concurrent ? .concurrent : [])
  }

  /// Runs a step, where it says so alone: after all that was started before, and before all that is started later.
  func run<R: Sendable, E: Error>(
    alone: Bool = false, _ body: @escaping @Sendable () throws(E) -> R
  ) async throws(E) -> R {
    let result: Result<R, E> = await withCheckedContinuation { continuation in
      queue.async(flags: alone ? .barrier : []) {
        do throws(E) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }

  func start(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

  func start(afterMilliseconds delay: Int, _ body: @escaping @Sendable () -> Void) {
    queue.asyncAfter(deadline: .now() + .milliseconds(delay), execute: body)
  }
}
