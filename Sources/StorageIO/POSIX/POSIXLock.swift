import Synchronization

/// A held `flock`. It belongs to the open file description, so two locks in one process exclude each other as two
/// processes do; closing the descriptor, or the end of the process, gives it up.
final class POSIXLock: DiskLock {
  private let descriptor: Mutex<Int32?>

  /// Takes over a descriptor that holds the lock.
  init(descriptor: Int32) { self.descriptor = Mutex(descriptor) }

  deinit { release() }

  func release() {
    let held = descriptor.withLock { $0.take() }
    guard let held else { return }
    // A child of this process may have the descriptor for a moment, until it runs another program, and the lock with it.
    SystemCall.unlock(held)
    try? SystemCall.closeDescriptor(held)
  }
}
