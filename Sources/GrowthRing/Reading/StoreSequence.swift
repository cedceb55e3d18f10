public import StoreEngine
import Synchronization

/// Rows of a store as they are read, a chunk at a time, without blocking the cooperative pool.
///
/// Made on a snapshot: what is appended meanwhile does not show. Each iteration begins anew on that snapshot.
public struct StoreSequence<Element: Sendable>: AsyncSequence, Sendable {
  public typealias Failure = StoreError

  private let queue: BlockingQueue
  private let begin: @Sendable () throws(StoreError) -> ChunkSource<Element>

  init(on queue: BlockingQueue, _ begin: @escaping @Sendable () throws(StoreError) -> ChunkSource<Element>) {
    self.queue = queue
    self.begin = begin
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(queue: queue, begin: begin) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let queue: BlockingQueue
    fileprivate let begin: @Sendable () throws(StoreError) -> ChunkSource<Element>
    private var source: ChunkSource<Element>?

    fileprivate init(
      queue: BlockingQueue, begin: @escaping @Sendable () throws(StoreError) -> ChunkSource<Element>
    ) {
      self.queue = queue
      self.begin = begin
    }

    public mutating func next() async throws(StoreError) -> Element? { try await next(isolation: #isolation) }

    public mutating func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> Element? {
      let begin = begin
      let current = source
      let (source, element) = try await queue.run { () throws(StoreError) -> (ChunkSource<Element>, Element?) in
        let source: ChunkSource<Element>
        if let current { source = current } else { source = try begin() }
        return (source, try source.next())
      }
      self.source = source
      return element
    }
  }
}

/// Produces chunks on whatever thread asks.
///
/// Unchecked because the cursors inside are not Sendable: the lock lets one thread at a time use them.
final class ChunkSource<Element: Sendable>: @unchecked Sendable {
  private let lock = Mutex(())
  private let produce: () throws(StoreError) -> Element?

  init(_ produce: @escaping () throws(StoreError) -> Element?) { self.produce = produce }

  func next() throws(StoreError) -> Element? {
    var failure: StoreError?
    let element: Element? = lock.withLock { _ in
      do throws(StoreError) {
        return try produce()
      } catch {
        failure = error
        return nil
      }
    }
    if let failure { throw failure }
    return element
  }
}

/// Rows of `entity_growth`, some thousand at a time.
public typealias GrowthSequence = StoreSequence<[Growth]>
/// Events in columns, some thousand at a time.
public typealias EventSequence = StoreSequence<EventBatch>
/// The evolution states of users, one at a time.
public typealias StateSequence = StoreSequence<UserState>

/// The evolution state of one user.
public struct UserState: Sendable {
  public let user: String
  public let report: EvolutionReport
}
