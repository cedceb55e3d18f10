import StoreEngine
import Synchronization

/// Lets a store that is open for appending take over what other processes commit to its files, such as `growthring maintain`:
/// about once a second.
///
/// By a timer and not at reads: a look costs a listing of each partition's folder, some ten microseconds, and a read takes
/// one.
final class FileWatch: Sendable {
  private let engine: Engine
  private let queue = BlockingQueue(label: "growthring.files")
  private let isStopped = Atomic(false)

  init(_ engine: Engine) { self.engine = engine }

  /// Looks until it is stopped or forgotten.
  func begin() {
    // Of very many partitions less often, so that it costs next to nothing.
    let milliseconds = max(1_000, 4 * engine.partitions.count)
    queue.start(afterMilliseconds: milliseconds) { [weak self] in
      guard let self, !self.isStopped.load(ordering: .relaxed) else { return }
      self.look()
      self.begin()
    }
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// What goes wrong is told by whoever needs the files: a read, a flush, `verify`.
  func look() { try? engine.takeOverFiles() }
}
