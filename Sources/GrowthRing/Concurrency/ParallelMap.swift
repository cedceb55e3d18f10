import Dispatch
import StoreEngine
import Synchronization

/// Work on several elements at once, on as many threads as the machine has cores, or fewer where memory asks for it. Blocks the calling thread, which must
/// not be one of the cooperative pool.
enum ParallelMap {
  /// The results in the order of the elements; of several failures, the first in that order.
  static func run<T: Sendable, R: Sendable>(
    _ elements: [T], lanes: Int = .max, _ body: @Sendable (T) throws(StoreError) -> R
  ) throws(StoreError) -> [R] {
    let results = Mutex([Result<R, StoreError>?](repeating: nil, count: elements.count))
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(lanes, elements.count)) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < elements.count else { return }
        let result: Result<R, StoreError>
        do throws(StoreError) {
          result = .success(try body(elements[index]))
        } catch {
          result = .failure(error)
        }
        results.withLock { $0[index] = result }
      }
    }
    var values: [R] = []
    for result in results.withLock({ $0 }) {
      if let result { values.append(try result.get()) }
    }
    return values
  }
}
