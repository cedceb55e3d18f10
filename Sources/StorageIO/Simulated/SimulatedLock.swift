import Synchronization

/// A held lock of a simulated disk.
final class SimulatedLock: DiskLock {
  private let inode: Int
  private let disk: SimulatedDisk
  private let isHeld = Mutex(true)

  init(inode: Int, disk: SimulatedDisk) {
    self.inode = inode
    self.disk = disk
  }

  deinit { release() }

  func release() {
    let wasHeld = isHeld.withLock { held in
      defer { held = false }
      return held
    }
    if wasHeld { disk.inspect { $0.unlock(inode) } }
  }
}
