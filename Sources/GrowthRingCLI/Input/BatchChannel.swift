import Dispatch
import Synchronization

/// A bounded queue from a thread that produces to a task that consumes: the producer waits while the queue is full.
final class BatchChannel<Element: Sendable>: Sendable {
  private struct State {
    var elements: [Element] = []
    var consumer: CheckedContinuation<Element?, Never>?
    var isFinished = false
    var isCancelled = false
  }

  private let state = Mutex(State())
  private let room: DispatchSemaphore

  init(capacity: Int) {
    // A semaphore must not end below the value it began with, which a cancelled queue would.
    room = DispatchSemaphore(value: 0)
    for _ in 0..<capacity { room.signal() }
  }

  /// Hands over an element, from a thread that may block. False where nobody wants any more.
  func send(_ element: Element) -> Bool {
    room.wait()
    let (consumer, isCancelled) = state.withLock { state in
      if state.isCancelled { return (nil as CheckedContinuation<Element?, Never>?, true) }
      defer { state.consumer = nil }
      if state.consumer == nil { state.elements.append(element) }
      return (state.consumer, false)
    }
    guard let consumer else { return !isCancelled }
    room.signal()
    consumer.resume(returning: element)
    return true
  }

  /// Says that no more elements come.
  func finish() {
    let consumer = state.withLock { state in
      state.isFinished = true
      defer { state.consumer = nil }
      return state.consumer
    }
    consumer?.resume(returning: nil)
  }

  /// Says that no more elements are wanted; wakes the producer.
  func cancel() {
    state.withLock { state in
      state.isCancelled = true
      state.elements.removeAll()
    }
    room.signal()
  }

  /// The next element; nil after the last.
  func next() async -> Element? {
    await withCheckedContinuation { continuation in
      let result: Element?? = state.withLock { state in
        if !state.elements.isEmpty { return state.elements.removeFirst() }
        if state.isFinished { return .some(nil) }
        state.consumer = continuation
        return nil
      }
      guard let result else { return }
      if result != nil { room.signal() }
      continuation.resume(returning: result)
    }
  }
}
