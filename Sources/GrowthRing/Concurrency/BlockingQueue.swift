import Dispatch

/// Where blocking work runs, so that the cooperative pool of Swift tasks never waits for a disk.
struct BlockingQueue: Sendable {
  private let queue: DispatchQueue

  /// A queue of one thread at a time, or of as many as the work needs.
  init(label: String, concurrent: Bool = false) {
    queue = DispatchQueue(label: label, attributes: concurrent ? .concurrent : [])
  }

  func run<R: Sendable, E: Error>(_ body: @escaping @Sendable () throws(E) -> R) async throws(E) -> R {
    let result: Result<R, E> = await withCheckedContinuation { continuation in
      queue.async {
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
}
